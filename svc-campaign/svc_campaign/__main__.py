"""Starts svc-campaign: serve (default), worker or migrate; it must not build anything itself."""

import svc_campaign.migrations
from carillon_chassis.server import run
from svc_campaign.main import build
from svc_campaign.settings import Settings

run("campaign", Settings, build, migrations=svc_campaign.migrations.__path__[0])
