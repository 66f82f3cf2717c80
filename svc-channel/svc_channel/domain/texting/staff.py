"""Who of the operator's people may ask by SMS, and as what; asks nobody."""

from dataclasses import dataclass
from typing import Final

from carillon_chassis.errors import InvalidInput

# Those who sell and those who lead them; each is answered as the role is anywhere else.
STAFF_ROLES: Final = ("hall_terminal", "agent", "branch_operator", "province_admin")
# Whose branch is named may see no other; these see nothing but a branch.
BRANCH_ROLES: Final = ("hall_terminal", "branch_operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Somebody of the staff, and as what they are answered; ``branch`` is empty for the province."""

    staff_id: str
    role: str
    branch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffNumber(Staff):
    """A number of theirs. Kept by the subscriber, so that the number's next holder is nobody's staff.

    Raises InvalidInput STAFF_INVALID.
    """

    subscriber_id: int
    msisdn: str

    def __post_init__(self) -> None:
        for broken, field, detail in (
            (not 1 <= len(self.staff_id) <= 64, "staff_id", "1 to 64 characters"),  # noqa: PLR2004 -- as long as any id
            (self.role not in STAFF_ROLES, "role", f"one of {', '.join(STAFF_ROLES)}"),
            (len(self.branch) > 64, "branch", "at most 64 characters"),  # noqa: PLR2004 -- as long as any branch's name
            (self.role in BRANCH_ROLES and not self.branch, "branch", "this role belongs to a branch; name it"),
        ):
            if broken:
                raise InvalidInput(reason="STAFF_INVALID", field=field, detail=detail)
