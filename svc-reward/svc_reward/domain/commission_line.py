"""Commission lines and how their state may change; it must not know what moves them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from carillon_chassis.errors import StateRefused


class LineState(StrEnum):
    """Where a line stands. A line is payable and paid when the settlement run that it is in is approved and paid."""

    ESTIMATED = "estimated"
    LOCKED = "locked"
    PAYABLE = "payable"
    PAID = "paid"
    VOID = "void"


# A refund voids what is not locked; what is locked stands, and a negative line (born locked) takes it back.
TRANSITIONS: Mapping[LineState, frozenset[LineState]] = MappingProxyType(
    {
        LineState.ESTIMATED: frozenset({LineState.LOCKED, LineState.VOID}),
        LineState.LOCKED: frozenset({LineState.PAYABLE}),
        LineState.PAYABLE: frozenset({LineState.PAID}),
        LineState.PAID: frozenset(),
        LineState.VOID: frozenset(),
    }
)


def check_line_transition(before: LineState, after: LineState) -> None:
    """Raises StateRefused LINE_STATE with the two states."""
    if after not in TRANSITIONS[before]:
        raise StateRefused(
            reason="LINE_STATE",
            detail=f"a commission line that is {before} can't become {after}",
            metadata={"from": before, "to": after},
        )
