"""Says who may take which members out of the suite; it must not take any."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from carillon_chassis.errors import InvalidInput, PermissionRefused
from svc_segment.domain.attributes import AttributeType, Dictionary
from svc_segment.domain.rules.tree import Comparison, Literal, Operator, Reference

# Says which branch a subscriber belongs to.
BRANCH_ATTRIBUTE = "branch"
# Those whose campaigns call people; an auditor checks a list without its numbers.
DIALLING_ROLES = frozenset({"province_admin", "branch_operator"})


class ExportFormat(StrEnum):
    """What a file of members is written as."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """What a file of members says of itself: whose they are, by which version, and the day that its data describe."""

    segment: str
    version: int
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporter:
    """Who takes members out; ``branch`` is empty for the whole province, ``roles`` for a service of the suite."""

    subject: str
    roles: frozenset[str]
    branch: str

    def check_numbers(self) -> None:
        """Raises PermissionRefused MSISDN_NOT_FOR_ROLE for those who don't dial."""
        if self.roles.isdisjoint(DIALLING_ROLES):
            raise PermissionRefused(
                reason="MSISDN_NOT_FOR_ROLE",
                field="with_msisdn",
                detail="numbers go only to who dials; ask without them",
            )

    def scope(self, dictionary: Dictionary) -> Comparison | None:
        """The condition on the subscribers that this caller sees, None for all.

        Raises InvalidInput BRANCH_UNKNOWN for a branch's caller where no attribute says whose a subscriber is.
        """
        if not self.branch:
            return None
        attribute = dictionary.get(BRANCH_ATTRIBUTE)
        if attribute is None or attribute.type is not AttributeType.TEXT:
            raise InvalidInput(
                reason="BRANCH_UNKNOWN",
                field="attributes",
                detail=f"no text attribute '{BRANCH_ATTRIBUTE}' says which branch a subscriber belongs to; load one",
            )
        own = Literal(value=self.branch, type=AttributeType.TEXT)
        reference = Reference(name=BRANCH_ATTRIBUTE, type=AttributeType.TEXT)
        return Comparison(left=reference, operator=Operator.EQUAL, right=own)
