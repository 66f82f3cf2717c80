"""Makes rules of the third layer from the operator's customer groups; it must not know which groups there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.match_library import Layer, MatchRule


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmGroups:
    """Which groups are matched with which service (SEG-14); ``attribute`` holds a subscriber's group.

    Each of ``matched`` has the fields of a rule and its ``groups``. Raises InvalidInput MATCH_GROUPS for a group that
    stands twice or for more groups than there are.
    """

    total: int
    attribute: str
    matched: Sequence[Mapping[str, Any]]

    def __post_init__(self) -> None:
        groups = [group for one in self.matched for group in one["groups"]]
        twice = sorted({group for group in groups if groups.count(group) > 1})
        if twice or len(groups) > self.total:
            said = f"{', '.join(twice)} twice" if twice else f"{len(groups)} groups of {self.total}"
            raise InvalidInput(reason="MATCH_GROUPS", field="crm_groups", detail=f"there can't be {said}")

    def rules(self) -> list[MatchRule]:
        """A rule of the third layer for each row."""
        return [self._rule(one) for one in self.matched]

    def _rule(self, row: Mapping[str, Any]) -> MatchRule:
        fields = {name: value for name, value in row.items() if name not in {"groups", "channels"}}
        listed = ", ".join("'" + group.replace("'", "''") + "'" for group in row["groups"])
        return MatchRule(
            **fields,
            layer=Layer.CRM_SEGMENT,
            channels=tuple(row["channels"]),
            extract=f"{self.attribute} in ({listed})",
        )
