"""What svc-segment reads from the environment; only main may ask for it."""

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from carillon_chassis.settings import ServiceSettings, settings_config
from svc_segment.domain.monthly import LAST_SAFE_DAY
from svc_segment.store.machine import share_mb


class Settings(ServiceSettings):
    """CARILLON_SEGMENT_DATABASE_URL, CARILLON_SEGMENT_LISTEN, CARILLON_SEGMENT_DATA_DIR and what follows."""

    model_config = settings_config("CARILLON_SEGMENT_")

    engine: Literal["duckdb", "spark"] = "duckdb"
    """What answers rules: DuckDB in this process, or a Spark cluster (the extra ``spark``)."""

    spark_master: str = "spark://localhost:7077"
    """Where the cluster's master listens; its workers must see the data folder under the same path."""

    spark_options: dict[str, str] = Field(default_factory=dict)
    """Spark's own settings by name, as JSON."""

    engine_memory_mb: int = Field(default_factory=lambda: share_mb(32))
    """Memory of the engine that previews and builds segments; beyond it writes to the data folder.

    This and the next three are shares of the machine's memory, a quarter together, unless they are told. They hold no
    more than the subscribers need: of twelve million 250 MB, 500 MB, 1 GB and up to 2.6 GB for 2,000 segments.
    """

    engine_cache_mb: int = Field(default_factory=lambda: share_mb(32))
    """Memory for the answers to conditions that were asked lately, a bit a subscriber each."""

    engine_windows_mb: int = Field(default_factory=lambda: share_mb(16))
    """Memory for the events and months of usage that windows of rules were about lately."""

    membership_cache_mb: int = Field(default_factory=lambda: share_mb(8))
    """Memory of the current memberships that say at once who belongs where; what is beyond it is read each time."""

    load_memory_mb: int = Field(default_factory=lambda: share_mb(16))
    """Memory of the engine that loads a snapshot, which lives only as long as the load; beyond it writes to disk."""

    engine_threads: int = 2
    """Threads that one question may use."""

    monthly_day: int = Field(default=3, ge=1, le=LAST_SAFE_DAY)
    """The day from which on last month's lists and match are made, as soon as the month's usage is in."""

    monthly_classes: list[str] = Field(default_factory=lambda: ["fetion", "music"])
    """The classifications whose lists are made every month, by code, as JSON; an empty list: none."""

    monthly_match: bool = True
    """Whether everyone is matched every month."""

    catalog_address: str = ""
    """Where svc-catalog listens; who takes up a service there is no longer recommended it. Empty: nobody is followed."""

    channel_address: str = ""
    """Where svc-channel listens; what subscribers write is an event of theirs. Empty: nobody is followed."""

    time_zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    """Where the operator's days and months begin."""

    drop_dir: Path | None = None
    """Where monthly lists are left for other systems; without it ``drop`` in the data folder."""

    event_days_kept: int = 760
    """Days that events are kept: windows of rules reach back 730."""
