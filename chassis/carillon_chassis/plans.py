"""Keeps the hot statements on their indexes; knows nothing of what they do."""

from carillon_chassis.database import UnitOfWork

# A batch joins some hundred keys to tables that grow from nothing to millions of rows within minutes, before any
# ANALYZE. The planner then takes a hash join over the whole table, right for the table it last saw, and each batch
# costs more than the one before: a ledger was seen to slow to a fifth within seconds. These settings leave it the
# index, for this transaction only.
PREFER_INDEXES = """
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)
"""


async def prefer_indexes(unit: UnitOfWork) -> None:
    """Makes this transaction's statements walk indexes, whatever the statistics say."""
    await unit.driver.execute(PREFER_INDEXES)
