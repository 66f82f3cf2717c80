"""Says who may speak for a robot, and whose questions are whose; a role is proved by the gateway."""

from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import Identity
from svc_channel.domain.robots.robot import Robot


def require_own_robot(robot: Robot, identity: Identity) -> None:
    """A partner speaks for the robots that name it as their supplier alone. Raises PermissionRefused OTHER_PARTNER."""
    if "partner" in identity.roles and robot.supplier != identity.subject:
        raise PermissionRefused(
            reason="OTHER_PARTNER", field="id", detail="this robot is not supplied by you; ask the operator to name you"
        )


def own_city(identity: Identity) -> str:
    """The city whose robots' questions are theirs; empty for all. A branch without a city is refused, not let see all.

    Raises PermissionRefused OTHER_BRANCH.
    """
    if "branch_operator" not in identity.roles or "province_admin" in identity.roles:
        return ""
    if not identity.branch:
        raise PermissionRefused(reason="OTHER_BRANCH", detail="you are of no branch; ask the province to name yours")
    return identity.branch
