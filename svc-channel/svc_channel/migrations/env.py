"""Runs the migrations as the chassis wants them run; has no settings of its own."""

from carillon_chassis.migrations import run_environment

run_environment()
