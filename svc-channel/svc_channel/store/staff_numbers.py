"""Who of the staff has which number; asks nobody."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.texting.staff import StaffNumber

COLUMNS = "subscriber_id, msisdn, staff_id, role, branch"
PUT = """
INSERT INTO staff_number (subscriber_id, msisdn, staff_id, role, branch, changed_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (subscriber_id) DO UPDATE SET msisdn = excluded.msisdn, staff_id = excluded.staff_id, role = excluded.role,
    branch = excluded.branch, changed_by = excluded.changed_by, changed_at = excluded.changed_at
"""
FETCH = f"SELECT {COLUMNS} FROM staff_number WHERE subscriber_id = ANY($1::bigint[])"  # noqa: S608 -- a constant of this module
FIND = f"SELECT {COLUMNS} FROM staff_number WHERE msisdn = $1 FOR UPDATE"  # noqa: S608 -- a constant of this module
LIST = f"""
SELECT {COLUMNS} FROM staff_number WHERE msisdn > $1 AND ($2 = '' OR branch = $2) ORDER BY msisdn LIMIT $3
"""  # noqa: S608 -- a constant of this module
REMOVE = "DELETE FROM staff_number WHERE msisdn = $1"
END = "DELETE FROM staff_number WHERE subscriber_id = ANY($1::bigint[])"


async def put_staff_row(unit: UnitOfWork, staff: StaffNumber, *, by: str, now: datetime) -> None:
    """Keeps one."""
    await unit.driver.execute(PUT, staff.subscriber_id, staff.msisdn, staff.staff_id, staff.role, staff.branch, by, now)


async def fetch_staff(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> dict[int, StaffNumber]:
    """Those of these subscribers who are staff."""
    return {row["subscriber_id"]: StaffNumber(**row) for row in await unit.driver.fetch(FETCH, subscriber_ids)}


async def find_staff(unit: UnitOfWork, msisdn: str) -> list[StaffNumber]:
    """Who is registered under this number, locked: one, or after a change of holders more."""
    return [StaffNumber(**row) for row in await unit.driver.fetch(FIND, msisdn)]


async def list_staff(unit: UnitOfWork, *, after: str, branch: str, limit: int) -> list[StaffNumber]:
    """Those whose numbers come after one, by number; with a ``branch`` its own."""
    return [StaffNumber(**row) for row in await unit.driver.fetch(LIST, after, branch, limit)]


async def remove_staff_row(unit: UnitOfWork, msisdn: str) -> None:
    """Forgets who is registered under this number."""
    await unit.driver.execute(REMOVE, msisdn)


async def end_staff(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> None:
    """Forgets those of them who are staff."""
    await unit.driver.execute(END, subscriber_ids)
