"""Says which files hold the events of the past; it must not touch the files."""

import uuid
from collections.abc import Mapping
from datetime import date

from carillon_chassis.database import UnitOfWork

ADD = "INSERT INTO event_file (file, day, rows, snapshot_id) VALUES ($1, $2, $3, $4)"


async def add_event_files(
    unit: UnitOfWork, files: Mapping[str, tuple[date, int]], *, snapshot_id: uuid.UUID | None
) -> None:
    """Adds files with their day and rows; ``snapshot_id`` is None for events that came one by one."""
    rows = [(file, day, count, snapshot_id) for file, (day, count) in files.items()]
    await unit.driver.executemany(ADD, rows)
