"""The numbers at which texts are answered, as they were put; answers nobody."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.texting.desks import TextDesk

# An operator has a few dozen numbers; a thousand is beyond any.
LIST = "SELECT recipient, menu, robot, for_staff FROM text_desk ORDER BY recipient LIMIT 1000"
PUT = """
INSERT INTO text_desk (recipient, menu, robot, for_staff, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (recipient) DO UPDATE SET menu = excluded.menu, robot = excluded.robot, for_staff = excluded.for_staff,
    changed_by = excluded.changed_by, changed_at = excluded.changed_at
"""
END = "DELETE FROM text_desk WHERE recipient = $1 RETURNING recipient"


async def list_desks(unit: UnitOfWork) -> list[TextDesk]:
    """All of them, by number."""
    return [TextDesk(**row) for row in await unit.driver.fetch(LIST)]


async def put_desk(unit: UnitOfWork, desk: TextDesk, *, by: str, now: datetime) -> None:
    """Keeps one."""
    await unit.driver.execute(PUT, desk.recipient, desk.menu, desk.robot, desk.for_staff, by, now)


async def end_desk(unit: UnitOfWork, recipient: str) -> bool:
    """Forgets one; whether there was one."""
    return await unit.driver.fetchval(END, recipient) is not None
