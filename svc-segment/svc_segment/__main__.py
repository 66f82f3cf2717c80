"""Starts svc-segment: serve (default), worker or migrate; it must not build anything itself."""

import svc_segment.migrations
from carillon_chassis.server import run
from svc_segment.main import build
from svc_segment.settings import Settings

run("segment", Settings, build, migrations=svc_segment.migrations.__path__[0])
