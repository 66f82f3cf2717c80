"""Lets a Spark cluster answer rules when one machine is not enough; it must not know a rule that DuckDB does not.

The files of the data folder must lie where the cluster's workers see them. PySpark comes with the extra ``spark``.
"""

import shutil
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from itertools import count
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
from ibis.expr import types as ir
from numpy.typing import NDArray
from pyarrow import parquet

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.store.engine import Engine, EngineLimits
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import HistoryFiles
from svc_segment.store.rule_tables import TAG_COLUMNS
from svc_segment.store.session import Session

# Spark has one session a process and spreads a question over the cluster; a second thread would only share it.
AT_ONCE = 1
EVENTS = (SUBSCRIBER_COLUMN, "type", "unix_micros(`at`) AS at_us", "attributes")


class SparkEngine(Engine):
    """A Spark cluster, such as ``spark://host:7077``; ``options`` are Spark's own settings, by their names."""

    def __init__(
        self, folder: DataFolder, limits: EngineLimits, *, zone: tzinfo, master: str, options: Mapping[str, str]
    ) -> None:
        settings = {
            "spark.driver.memory": f"{limits.memory_mb}m",
            "spark.executor.memory": f"{limits.memory_mb}m",
            "spark.local.dir": str(limits.spill),
            "spark.ui.enabled": "false",
            # What can't be computed is null, as it is for every other engine.
            "spark.sql.ansi.enabled": "false",
            **options,
        }
        super().__init__(lambda: SparkConnection(_connect(master, settings), folder, zone), at_once=AT_ONCE)


def _connect(master: str, settings: Mapping[str, str]) -> Any:
    # Half a second and a Java machine that only this engine needs.
    from pyspark.sql import SparkSession  # type: ignore[import-not-found]  # noqa: PLC0415 -- an extra, and slow

    builder = SparkSession.builder.master(master).appName("carillon-segment")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


class SparkConnection(Session):
    """One connection with the tables laid before it; bitmaps and new events go to the cluster as files."""

    def __init__(self, spark: Any, folder: DataFolder, zone: tzinfo) -> None:
        super().__init__(ibis.pyspark.connect(spark), folder, zone)
        self._spark = spark
        self._scratch = folder.begin_work("spark")
        self._numbers = count(1)

    def close(self) -> None:
        """Ends the application on the cluster."""
        self._spark.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _file(self, name: str, file: Path) -> ir.Table:
        return self.backend.read_parquet(str(file), table_name=name)

    def _events(self, files: Sequence[Path], history: HistoryFiles) -> ir.Table:
        listed = [str(file) for file in (*files, self._written(history.recent))]
        self._spark.read.parquet(*listed).selectExpr(*EVENTS).createOrReplaceTempView("events")
        return self.backend.table("events")

    def _no_tags(self) -> ir.Table:
        return self._file("tags", self._written(ibis.Schema(TAG_COLUMNS).to_pyarrow().empty_table()))

    def _registered(self, name: str, ids: NDArray[np.uint32]) -> ir.Table:
        return self._file(name, self._written(pa.table({SUBSCRIBER_COLUMN: ids})))

    def _written(self, rows: pa.Table) -> Path:
        """A file of its own each time: Spark remembers what a name held."""
        file = self._scratch / f"{next(self._numbers)}.parquet"
        parquet.write_table(rows, file)
        return file
