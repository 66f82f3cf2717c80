"""Says what the rows of a list are, by its kind: one or several a number, of months or not; it must not read a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import Attribute, AttributeType

# What a list is that says nothing of its kind: a number has one row, and a file takes the place of all.
PLAIN = "plain"
# The column that says of which month a row is, where a list has months.
MONTH_COLUMN = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListKind:
    """One kind of list (SEG-49, SEG-50, SEG-58).

    ``several``: a number may have several rows. ``monthly``: each row is of a month, and a file takes the place of the
    months it has rows of; otherwise it takes the place of the whole list. ``columns`` must be there; those whose names
    begin with a prefix have its type, all others are texts or what the upload's dictionary says.
    """

    code: str
    about: str = ""
    several: bool = False
    monthly: bool = False
    columns: tuple[Attribute, ...] = ()
    prefixes: Mapping[str, AttributeType] = field(default_factory=dict)

    def column(self, name: str) -> Attribute:
        """What a column is of which the upload says nothing."""
        for known in self.columns:
            if known.name == name:
                return known
        types = (kind for prefix, kind in self.prefixes.items() if name.startswith(prefix))
        return Attribute(name=name, type=next(types, AttributeType.TEXT))


def find_kind(kinds: Iterable[ListKind], code: str) -> ListKind:
    """The kind of a code, the plain one for none; raises InvalidInput LIST_KIND_UNKNOWN."""
    known = {kind.code: kind for kind in kinds}
    found = known.get(code or PLAIN)
    if found is None:
        raise InvalidInput(
            reason="LIST_KIND_UNKNOWN",
            field="list_kind",
            detail=f"there is no kind of list '{code}'; there are {', '.join(sorted(known))}",
        )
    return found
