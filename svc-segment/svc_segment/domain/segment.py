"""Says what a segment and its membership are; it must not compute who belongs."""

import uuid
from dataclasses import dataclass
from datetime import date

# Rows of one Arrow message: large enough to carry its overhead, small enough for a queue in memory.
MEMBERS_PER_BATCH = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A rule with a name and the size of its current membership, as the data stood on ``as_of``."""

    id: uuid.UUID
    name: str
    rule: str
    version: int
    count: int
    as_of: date

    def __post_init__(self) -> None:
        if self.version < 1 or self.count < 0:
            raise ValueError(f"a segment that can't be: version {self.version}, count {self.count}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The subscribers as they stand: one Parquet file of the data folder, sorted by ``subscriber_id``."""

    version: int
    file: str
    as_of: date
    subscribers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How many fit a rule now; exact."""

    count: int
    as_of: date
    took_ms: int
