"""What a rule may name beside attributes: measures of usage, lists and other segments; it must not look them up."""

import difflib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from svc_segment.domain.attributes import MAX_SUGGESTIONS, Dictionary


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumns:
    """A list whose rows a rule may read: the id of its segment and the columns that any of its months has."""

    segment_id: uuid.UUID
    columns: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The names that functions of a rule may speak of.

    ``measures`` are the columns of monthly usage, integers or numbers; ``segments`` gives the id for a segment's
    name and for its id as text, ``lists`` the same for lists with columns; ``dependents`` are the segments that rest on the one whose rule is being written,
    itself among them: to name one of them would close a circle.
    """

    measures: Dictionary = field(default_factory=Dictionary)
    segments: Mapping[str, uuid.UUID] = field(default_factory=dict)
    lists: Mapping[str, ListColumns] = field(default_factory=dict)
    dependents: frozenset[uuid.UUID] = frozenset()

    def closest_segments(self, name: str) -> list[str]:
        """Gives up to three names of segments that look like ``name``."""
        return difflib.get_close_matches(name, self.segments, n=MAX_SUGGESTIONS, cutoff=0.6)
