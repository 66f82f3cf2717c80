"""Who may do what with a draw, and finding the draw that is meant; it must not change one."""

from carillon_chassis.errors import NotFound, PermissionRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.domain.draw import Draw

MAKERS = ("province_admin", "branch_operator")
# The second party may be a partner outside the operator, such as a notary.
SECOND_PARTIES = (*MAKERS, "approver", "partner")
REVEALERS = (*MAKERS, "approver")
VOIDERS = (*MAKERS, "approver")
# Winners are people, so who reads them is somebody who has to hand prizes over or to check that.
WINNER_READERS = (*MAKERS, "approver", "auditor")
# Who serves a subscriber who asks for the own token; the caller says who that is.
PART_READERS = (*WINNER_READERS, "hall_terminal", "agent", "portal")
# Who sells tickets for the subscriber's own points; the points are the check, so the branch is not.
TICKET_SELLERS = ("hall_terminal", "portal")
# Other services enter subscribers for what these have done; the gateway gives such a name to nobody.
SERVICE_PREFIX = "service:"
PROVINCE_WIDE = frozenset({"province_admin", "approver", "auditor"})


def found(draw: Draw | None) -> Draw:
    """The draw. Raises NotFound DRAW_UNKNOWN."""
    if draw is None:
        raise NotFound(reason="DRAW_UNKNOWN", field="draw_id", detail="there is no draw of this id")
    return draw


def require_entering(draw: Draw, actor: Identity) -> None:
    """Raises PermissionRefused unless the caller is a service, an operator whose draw it is, or sells its tickets."""
    if actor.subject.startswith(SERVICE_PREFIX):
        return
    if draw.rule.ticket_price is not None and not actor.roles.isdisjoint(TICKET_SELLERS):
        return
    require_role(actor, *MAKERS)
    require_branch(draw, actor)


def require_branch(draw: Draw, actor: Identity) -> None:
    """Raises PermissionRefused BRANCH_FOREIGN for an operator of another branch; the province sees to all."""
    if actor.branch != draw.branch and actor.roles.isdisjoint(PROVINCE_WIDE):
        raise PermissionRefused(
            reason="BRANCH_FOREIGN", field="draw_id", detail="the draw belongs to another branch; ask its operator"
        )
