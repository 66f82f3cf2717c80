"""Makes or changes a robot; a branch keeps its own city's alone."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, PermissionRefused
from carillon_chassis.identity import Identity, require_role
from svc_channel.app.menu_book import MenuBook
from svc_channel.domain.robots.robot import Robot
from svc_channel.store.robots import find_robot_city, put_robot_row

KEEPING_ROLES = ("province_admin", "branch_operator")


async def put_robot(unit: UnitOfWork, robot: Robot, menus: MenuBook, *, identity: Identity, now: datetime) -> None:
    """Keeps a robot. Raises NotFound MENU_UNKNOWN, PermissionRefused ROLE_MISSING and OTHER_BRANCH."""
    require_role(identity, *KEEPING_ROLES)
    if "province_admin" not in identity.roles:
        standing = await find_robot_city(unit, robot.id)
        if robot.city != identity.branch or standing not in {None, identity.branch}:
            raise PermissionRefused(
                reason="OTHER_BRANCH", field="city", detail=f"you keep the robots of {identity.branch} only"
            )
    if robot.menu and menus.get(robot.menu) is None:
        raise NotFound(reason="MENU_UNKNOWN", field="menu", detail=f"there is no menu {robot.menu!r}")
    await put_robot_row(unit, robot, by=identity.subject, now=now)
