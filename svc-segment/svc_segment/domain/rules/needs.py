"""Says what a rule reads, so that a caller gathers that and no more; it must not read anything.

An event touches the segments whose needs name its type; a segment is rebuilt after those it names.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from svc_segment.domain.rules.tree import HasTag, InSegment, Reference, Rule, leaves_of, subjects_of
from svc_segment.domain.rules.windows import EventWindow, ListWindow, UsageWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNeeds:
    """What a rule reads of a subscriber; ``days``, ``months`` and ``list_months`` are how far back, 0 for not at all.

    ``lists`` are lists by the ids of their segments, of which it reads the rows. ``days`` is None when a rule asks when something last happened, which may be any time ago.
    """

    attributes: frozenset[str]
    event_types: frozenset[str]
    measures: frozenset[str]
    segments: frozenset[uuid.UUID]
    tags: frozenset[str]
    days: int | None
    months: int
    lists: frozenset[uuid.UUID]
    list_months: int

    @property
    def history(self) -> bool:
        """Whether events or usage must be at hand; such a rule's answer changes as time goes by."""
        return bool(self.event_types or self.measures)

    @property
    def beside(self) -> bool:
        """Whether attributes alone don't answer it."""
        return self.history or bool(self.segments or self.tags or self.lists)


def rule_needs(*rules: Rule) -> RuleNeeds:
    """What some rules read, all together."""
    leaves = [leaf for rule in rules for leaf in leaves_of(rule)]
    subjects = [subject for leaf in leaves for subject in subjects_of(leaf)]
    events = [one for one in subjects if isinstance(one, EventWindow)]
    usage = [one for one in subjects if isinstance(one, UsageWindow)]
    lists = [one for one in subjects if isinstance(one, ListWindow)]
    days = [one.days for one in events if one.days is not None]
    return RuleNeeds(
        attributes=frozenset(one.name for one in subjects if isinstance(one, Reference)),
        event_types=frozenset(one.event for one in events),
        measures=frozenset(one.measure for one in usage),
        segments=frozenset(one.segment_id for one in leaves if isinstance(one, InSegment)),
        tags=frozenset(one.path for one in leaves if isinstance(one, HasTag)),
        days=max(days, default=0) if len(days) == len(events) else None,
        months=max((one.months for one in usage), default=0),
        lists=frozenset(one.segment_id for one in lists),
        list_months=max((one.months for one in lists), default=0),
    )


def by_attributes(rule: Rule) -> bool:
    """Whether one subscriber's attributes alone answer a rule."""
    return not rule_needs(rule).beside


def dependents_of(segment_id: uuid.UUID, reads: Mapping[uuid.UUID, Collection[uuid.UUID]]) -> frozenset[uuid.UUID]:
    """The segment and all that rest on it, near or far; ``reads`` says which segments each one's rule names."""
    found = {segment_id}
    grown = True
    while grown:
        more = {one for one, named in reads.items() if one not in found and not found.isdisjoint(named)}
        found |= more
        grown = bool(more)
    return frozenset(found)
