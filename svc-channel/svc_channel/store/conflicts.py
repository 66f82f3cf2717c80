"""The errors after which the same transaction may simply go again; repeats nothing itself."""

import asyncpg

# Two transactions met in the wrong order, or waited too long for each other.
CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.QueryCanceledError)
