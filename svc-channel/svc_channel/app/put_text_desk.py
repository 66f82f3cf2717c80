"""Says who answers at a number, or that nobody does any more; answers nobody."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity, require_role
from svc_channel.app.menu_book import MenuBook
from svc_channel.domain.texting.desks import TextDesk
from svc_channel.store.robots import find_robot_city
from svc_channel.store.text_desks import end_desk, put_desk

# A number is the whole province's, whoever writes to it.
KEEPING_ROLE = "province_admin"


async def put_text_desk(
    unit: UnitOfWork, desk: TextDesk, menus: MenuBook, *, identity: Identity, now: datetime
) -> None:
    """Keeps one. Raises NotFound MENU_UNKNOWN and ROBOT_UNKNOWN, PermissionRefused ROLE_MISSING."""
    require_role(identity, KEEPING_ROLE)
    if desk.menu and menus.get(desk.menu) is None:
        raise NotFound(reason="MENU_UNKNOWN", field="menu", detail=f"there is no menu {desk.menu!r}")
    if desk.robot and await find_robot_city(unit, desk.robot) is None:
        raise NotFound(reason="ROBOT_UNKNOWN", field="robot", detail=f"there is no robot {desk.robot!r}")
    await put_desk(unit, desk, by=identity.subject, now=now)


async def end_text_desk(unit: UnitOfWork, recipient: str, *, identity: Identity) -> None:
    """Forgets one; what waits there for an answer has none. Raises NotFound TEXT_DESK_UNKNOWN, PermissionRefused."""
    require_role(identity, KEEPING_ROLE)
    if not await end_desk(unit, recipient):
        raise NotFound(reason="TEXT_DESK_UNKNOWN", field="recipient", detail=f"nobody answers at {recipient}")
