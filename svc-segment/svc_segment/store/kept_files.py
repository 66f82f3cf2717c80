"""Says which files of the data folder are in use; it must not remove the others."""

from carillon_chassis.database import UnitOfWork

# The current version of the subscribers and the one that a question may have begun on.
VERSIONS_KEPT = 2
IN_USE = """
(SELECT file FROM base ORDER BY version DESC LIMIT $1)
UNION ALL SELECT file FROM usage_month
UNION ALL SELECT file FROM event_file
UNION ALL SELECT file FROM list_month
UNION ALL SELECT sha256 FROM snapshot WHERE state IN ('received', 'loading')
"""


async def files_in_use(unit: UnitOfWork) -> frozenset[str]:
    """The names of the files that something points to."""
    return frozenset(row[0] for row in await unit.driver.fetch(IN_USE, VERSIONS_KEPT))
