"""Says what a condition is asked of, since each kind has its own way of being answered; it must not answer any."""

from svc_segment.domain.rules.tree import HasTag, InSegment, Leaf, Reference, subjects_of
from svc_segment.domain.rules.windows import EventWindow, ListWindow, UsageWindow

# A kind of condition for each list, whose id follows.
LIST = "list:"


def kind_of(leaf: Leaf) -> str:
    """``attributes``, ``events``, ``usage``, ``segments``, ``list:<id>``, or ``joined`` for what is of more than one."""
    if isinstance(leaf, InSegment):
        return "segments"
    subjects = subjects_of(leaf)
    if not isinstance(leaf, HasTag) and all(isinstance(one, Reference) for one in subjects):
        return "attributes"
    if subjects and all(isinstance(one, EventWindow) for one in subjects):
        return "events"
    if subjects and all(isinstance(one, UsageWindow) for one in subjects):
        return "usage"
    lists = {one.segment_id for one in subjects if isinstance(one, ListWindow)}
    if len(lists) == 1 and all(isinstance(one, ListWindow) for one in subjects):
        return f"{LIST}{lists.pop()}"
    return "joined"
