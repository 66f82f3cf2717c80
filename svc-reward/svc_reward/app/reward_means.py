"""What giving a reward needs beside the transaction; built in main, and nothing here decides anything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from uuid import UUID

from carillon_chassis.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardMeans:
    """The clock, the zone in which points expire, and where ids and the codes of vouchers come from."""

    clock: Clock
    zone: tzinfo
    ids: Callable[[], UUID]
    random_bytes: Callable[[int], bytes]
