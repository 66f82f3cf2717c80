"""Alembic's entry to the gateway's migrations; the chassis does the work."""

from carillon_chassis.migrations import run_environment

run_environment()
