"""The errors after which the same transaction may simply go again; repeats nothing itself."""

import asyncpg

from carillon_chassis import database

# Two transactions met in the wrong order, or waited too long for each other.
CONFLICTS = (*database.CONFLICTS, asyncpg.QueryCanceledError)
