"""Which database errors pass by themselves; whoever repeats a whole transaction after one must be idempotent."""

import asyncpg

from carillon_chassis.database import CONFLICTS

# Two transactions that met, or the same transfer id booked by another caller in the same moment.
PASSING_ERRORS = (*CONFLICTS, asyncpg.UniqueViolationError)
