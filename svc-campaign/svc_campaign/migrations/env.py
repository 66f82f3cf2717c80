"""Runs the migrations of svc-campaign; holds no settings of its own."""

from carillon_chassis.migrations import run_environment

run_environment()
