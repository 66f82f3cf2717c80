"""Says to which one hall a subscriber is guided, of those whose catchment he is seen in; it must not know where he was.

Several catchments lie close together, so somebody may carry the tags of several halls (``hall/<branch>/<name>``). The
nearest is the one he is most surely seen at; of two that are as sure, one of his own branch, then the first by name.
"""

from collections.abc import Mapping

HALL = "hall"


def hall_of(path: str) -> str:
    """The hall that a tag names, as ``<branch>/<name>``; empty for another tag."""
    first, _, rest = path.partition("/")
    return rest if first == HALL and "/" in rest else ""


def branch_of(hall: str) -> str:
    """The branch that a hall belongs to."""
    return hall.partition("/")[0]


def nearest_hall(tags: Mapping[str, float], branch: str) -> str:
    """The one hall (SEG-34) by the confidence of each tag that a subscriber carries; empty where none is a hall's."""
    halls = {hall_of(path): confidence for path, confidence in tags.items() if hall_of(path)}
    ranked = sorted(halls, key=lambda hall: (-halls[hall], branch_of(hall) != branch, hall))
    return ranked[0] if ranked else ""
