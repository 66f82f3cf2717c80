"""Says what a tag is and how sure several sources make it; it must not know where tags come from.

Tags stand in a tree of three levels (SEG-27, SEG-28), a subscriber may carry several, and they grow surer over time
(SEG-30), yet never certain (SEG-31).
"""

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pyroaring import BitMap

from carillon_chassis.errors import InvalidInput

TAG_LEVELS = 3
MAX_LEVEL_LENGTH = 60
# A tag is right for most who carry it, never for all.
MOST_CONFIDENCE = 0.99
# Fewer than this are persons, not a group: nobody is shown them (SEG-29).
LEAST_GROUP = 20
MAX_VALID_DAYS = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Who was found to carry a tag by one source on a day, and how sure that is.

    Of one source the newest observation counts; ``expires_on`` is its first day of no worth, None for never.
    """

    path: str
    source: str
    observed_on: date
    expires_on: date | None
    confidence: float
    subscribers: BitMap

    def __post_init__(self) -> None:
        check_path(self.path)
        check_confidence(self.confidence)


def member_source(segment_id: uuid.UUID) -> str:
    """The source of a tag that somebody carries as a member of a segment."""
    return f"segment:{segment_id}"


def check_path(path: str) -> None:
    """Raises InvalidInput TAG_PATH for what is no path of one to three levels."""
    levels = path.split("/")
    if len(levels) > TAG_LEVELS or not all(
        0 < len(level.strip()) == len(level) <= MAX_LEVEL_LENGTH for level in levels
    ):
        raise InvalidInput(
            reason="TAG_PATH",
            field="path",
            detail=f"a tag has 1 to {TAG_LEVELS} levels of 1 to {MAX_LEVEL_LENGTH} characters, such as music/classical",
        )


def check_confidence(confidence: float) -> None:
    """Raises InvalidInput TAG_CONFIDENCE for what is not between nothing and certainty."""
    if not 0 < confidence <= MOST_CONFIDENCE:
        raise InvalidInput(
            reason="TAG_CONFIDENCE",
            field="confidence",
            detail=f"a confidence is above 0 and at most {MOST_CONFIDENCE}: no tag is certain",
        )


def is_few(count: int) -> bool:
    """Whether so many are persons and no group; nobody, and a group, may be shown."""
    return 0 < count < LEAST_GROUP


def is_related(tag: str, path: str) -> bool:
    """Whether one is the other or stands beneath it: a tag also stands for those beneath it."""
    return tag == path or path.startswith(f"{tag}/") or tag.startswith(f"{path}/")


def combined(confidences: Iterable[float]) -> float:
    """How sure several sources make a tag together, each right by itself as often as it says."""
    return min(MOST_CONFIDENCE, 1 - math.prod(1 - confidence for confidence in confidences))
