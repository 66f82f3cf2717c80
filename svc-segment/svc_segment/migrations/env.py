"""Runs the migrations as the chassis does for every service; it must not configure anything itself."""

from carillon_chassis.migrations import run_environment

run_environment()
