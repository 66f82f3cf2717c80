"""Which database errors pass by themselves; whoever repeats a whole transaction after one must be idempotent."""

import asyncpg

# A ring of locks that PostgreSQL broke, or the same transfer id booked by another caller in the same moment.
PASSING_ERRORS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.UniqueViolationError)
