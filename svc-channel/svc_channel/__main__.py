"""``python -m svc_channel serve | worker | migrate``; must not decide anything that settings and main can."""

import svc_channel.migrations
from carillon_chassis.server import run
from svc_channel.main import build
from svc_channel.settings import Settings

if __name__ == "__main__":
    run("channel", Settings, build, migrations=svc_channel.migrations.__path__[0])
