"""Runs svc-reward: serve (default), worker or migrate."""

import svc_reward.migrations
from carillon_chassis.server import run
from svc_reward.main import build
from svc_reward.settings import Settings

run("reward", Settings, build, migrations=svc_reward.migrations.__path__[0])
