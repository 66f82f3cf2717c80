"""Runs this service's migrations the way every service does."""

from carillon_chassis.migrations import run_environment

run_environment()
