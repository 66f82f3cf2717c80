"""Reads what the product ships as data beside its code: classifications, the match library, scenes, kinds of lists; it must not change it."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from svc_segment.domain.attributes import Attribute, AttributeType
from svc_segment.domain.cell_file import Catchment
from svc_segment.domain.classification import Classification, ClassLabel, Step
from svc_segment.domain.crm_groups import CrmGroups
from svc_segment.domain.handset_plan import HandsetPlan
from svc_segment.domain.list_kind import ListKind
from svc_segment.domain.match_library import MatchLibrary
from svc_segment.domain.scene import WEEKDAYS, Scene
from svc_segment.store.match_library import library_from_json


@cache
def shipped_classifications() -> Sequence[Classification]:
    """The six Fetion classes and the life cycle of music customers, read once; raises InvalidInput for a failed build."""
    return tuple(classification_of(row) for row in _read("classifications.yaml")["classifications"])


def classification_of(kept: Mapping[str, Any]) -> Classification:
    """A classification as it is shipped or kept; without a version it is the first."""
    return Classification(
        **{
            **kept,
            "classes": tuple(ClassLabel(**label) for label in kept["classes"]),
            "steps": tuple(Step(**step) for step in kept["steps"]),
        }
    )


@cache
def shipped_list_kinds() -> Sequence[ListKind]:
    """The kinds of lists (SEG-49, SEG-50, SEG-58), read once."""
    return tuple(
        ListKind(
            **{
                **row,
                "columns": tuple(
                    Attribute(name=column["name"], type=AttributeType(column["type"]))
                    for column in row.get("columns", ())
                ),
                "prefixes": {prefix: AttributeType(kind) for prefix, kind in row.get("prefixes", {}).items()},
            }
        )
        for row in _read("list_kinds.yaml")["kinds"]
    )


@cache
def shipped_scenes() -> Sequence[Scene]:
    """The six life circles and the printed halls' catchments (SEG-33 to SEG-35), read once."""
    circles = [
        Scene(
            **{name: row[name] for name in row if name not in {"name_zh", "areas", "weekdays"}}, weekdays=_weekdays(row)
        )
        for row in _read("scenes.yaml")["circles"]
    ]
    catchment = shipped_catchment()
    halls = [catchment.scene(row["code"], f"{row['branch']}/{row['hall']}") for row in _read("halls.yaml")["halls"]]
    return (*circles, *halls)


@cache
def scenes_of_areas() -> Mapping[str, frozenset[str]]:
    """The codes of the life circles that lie in cells of an area, by the area."""
    found: dict[str, frozenset[str]] = {}
    for row in _read("scenes.yaml")["circles"]:
        for area in row["areas"]:
            found[area] = found.get(area, frozenset()) | {row["code"]}
    return found


@cache
def shipped_catchment() -> Catchment:
    """How a hall's catchment is watched."""
    return Catchment(**_read("halls.yaml")["catchment"])


def _weekdays(row: Mapping[str, Any]) -> frozenset[int]:
    return frozenset(row.get("weekdays", WEEKDAYS))


@cache
def shipped_handset_plan() -> HandsetPlan:
    """How a handset subsidy is sized and its models are ranked (SEG-75 to SEG-78)."""
    read = _read("handset_plan.yaml")
    least, most = read.pop("price_yuan")
    memberships = {row["code"]: row["rule"] for row in read.pop("memberships")}
    return HandsetPlan(**read, memberships=memberships, least_price=least, most_price=most)


@cache
def shipped_handset_attributes() -> Mapping[str, Attribute]:
    """Which attributes say what a handset can show (SEG-09), by the field of HandsetCapabilities that they fill."""
    return {
        field: Attribute(name=row["name"], type=AttributeType(row["type"]))
        for field, row in _read("handset_attributes.yaml").items()
    }


def shipped_library() -> MatchLibrary:
    """The library to start from, over the attributes of a synthetic population (SEG-17 to SEG-23)."""
    read = _read("match_library.yaml")
    printed = library_from_json({"services": read["services"], "rules": read["rules"]})
    groups = CrmGroups(**read["crm_groups"])
    return MatchLibrary.of(printed.services.values(), [*printed.rules.values(), *groups.rules()])


def _read(name: str) -> dict[str, Any]:
    text = (files("svc_segment") / "reference" / name).read_text(encoding="utf-8")
    read: dict[str, Any] = yaml.safe_load(text)
    return read
