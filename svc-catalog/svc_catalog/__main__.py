"""Starts svc-catalog: serve (default), worker or migrate; it must not build anything itself."""

import svc_catalog.migrations
from carillon_chassis.server import run
from svc_catalog.main import build
from svc_catalog.settings import Settings

run("catalog", Settings, build, migrations=svc_catalog.migrations.__path__[0])
