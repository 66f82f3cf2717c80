"""Who may do what about grants; it must not know tokens or metadata."""

from carillon_chassis.errors import NotFound

MAKERS = ("province_admin", "branch_operator")
# Another person than the maker, which the domain checks and the database once more.
CHECKERS = ("approver", "province_admin")
OVERSEERS = (*MAKERS, "approver", "auditor")
# Who serves a subscriber who asks what was earned, or who has chosen; the caller says who that is.
ATTENDANTS = ("hall_terminal", "agent", "portal", "province_admin")
READERS = (*OVERSEERS, "hall_terminal", "agent", "portal")
# Tries again what could not be booked.
OPERATORS = ("province_admin",)


def unknown_rule(number: int) -> NotFound:
    """There is no such rule."""
    return NotFound(reason="GRANT_RULE_UNKNOWN", field="number", detail=f"there is no grant rule {number}")


def unknown_grant() -> NotFound:
    """There is no such grant."""
    return NotFound(reason="GRANT_UNKNOWN", field="id", detail="there is no grant of this id")
