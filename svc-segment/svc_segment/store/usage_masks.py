"""Answers conditions on windows over monthly usage by arrays of the months; it must not run rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.tree import Leaf, subject_of
from svc_segment.domain.rules.windows import UsageFunction, UsageWindow
from svc_segment.store.base_rows import BaseRows
from svc_segment.store.bounded_cache import BoundedCache
from svc_segment.store.column_files import finish, is_finished, map_array, write_array
from svc_segment.store.condition_masks import Mask, Polar, mask_by_blocks
from svc_segment.store.folders import DataFolder
from svc_segment.store.measured_numbers import Numbers, compares_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthColumn:
    """One measure of one month, a value a row of the subscribers, 0 where none is known."""

    values: NDArray[Any]
    known: NDArray[np.bool_]

    @property
    def nbytes(self) -> int:
        """What it takes."""
        return self.values.nbytes + self.known.nbytes

    def block(self, start: int, stop: int) -> "MonthColumn":
        """Some of the rows; nothing is copied."""
        return MonthColumn(values=self.values[start:stop], known=self.known[start:stop])


# Whose each row of a month is, its value, and whether that is known.
_Month = tuple[NDArray[np.uint32], NDArray[Any], NDArray[np.bool_]]


class UsageMasks:
    """The masks of conditions on one window over usage each; several threads may ask."""

    def __init__(self, folder: DataFolder, *, columns_bytes: int) -> None:
        self._folder = folder
        self._columns: BoundedCache[MonthColumn] = BoundedCache(columns_bytes)

    def prepare(self, file: str) -> None:
        """Writes the measures of a month that is about to be current, to be mapped later; blocking, and repeatable."""
        folder, source = self._folder.columns(file), self._folder.usage(file)
        if is_finished(folder):
            return
        for name in parquet.read_schema(source).names:
            column = parquet.read_table(source, columns=[name])[name]
            if name == SUBSCRIBER_COLUMN:
                write_array(folder, name, column.to_numpy().astype(np.uint32, copy=False))
            else:
                values, known = _arrays(column)
                write_array(folder, f"{name}.values", values)
                write_array(folder, f"{name}.known", known)
        finish(folder)

    def find(self, rows: BaseRows, polar: Polar, months: Sequence[Path]) -> Mask | None:
        """For whom the condition is true, or false, for certain; None for one that is about more than one window.

        ``months`` are the files of its months that are there, the oldest first.
        """
        leaf, truth = polar
        window = usage_window(leaf)
        if window is None:
            return None
        columns = [column for file in months if (column := self._column(rows, file, window.measure)) is not None]

        def answers(start: int, stop: int) -> NDArray[np.bool_]:
            block = [column.block(start, stop) for column in columns]
            return _measured(window.function, block, stop - start).fitting(leaf, truth=truth)

        return mask_by_blocks(len(rows.ids), answers)

    def _column(self, rows: BaseRows, file: Path, measure: str) -> MonthColumn | None:
        key = rows.file, file, measure
        column = self._columns.get(key)
        if column is None:
            found = self._mapped(file, measure) or _read(file, measure)
            if found is None:
                return None
            column = _aligned(rows, *found)
            self._columns.put(key, column)
        return column

    def _mapped(self, file: Path, measure: str) -> _Month | None:
        """The arrays of a file that was prepared; None for another, or for a measure that the month does not have."""
        folder = self._folder.columns(file.name)
        if not (is_finished(folder) and (folder / f"{measure}.values").exists()):
            return None
        ids, values = map_array(folder, SUBSCRIBER_COLUMN), map_array(folder, f"{measure}.values")
        return ids, values, map_array(folder, f"{measure}.known")


def usage_window(leaf: Leaf) -> UsageWindow | None:
    """The one window that a condition compares with numbers, if it is that."""
    one = subject_of(leaf)
    return one if isinstance(one, UsageWindow) and compares_numbers(leaf) else None


def _read(file: Path, measure: str) -> _Month | None:
    if measure not in parquet.read_schema(file).names:
        return None
    table = parquet.read_table(file, columns=[SUBSCRIBER_COLUMN, measure])
    return table[SUBSCRIBER_COLUMN].to_numpy().astype(np.uint32, copy=False), *_arrays(table[measure])


def _arrays(column: pa.ChunkedArray) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    return _narrowed(column.fill_null(0).to_numpy()), column.is_valid().to_numpy()


def _aligned(rows: BaseRows, ids: NDArray[np.uint32], values: NDArray[Any], known: NDArray[np.bool_]) -> MonthColumn:
    """The values by the rows of the subscribers: mostly the month has the same people in the same order."""
    if np.array_equal(ids, rows.ids):
        return MonthColumn(values=values, known=known)
    places, living = rows.places(ids)
    all_values, all_known = np.zeros(len(rows.ids), values.dtype), np.zeros(len(rows.ids), np.bool_)
    all_values[places[living]], all_known[places[living]] = values[living], known[living]
    return MonthColumn(values=all_values, known=all_known)


def _narrowed(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in as few bytes as hold them; doubles as they are."""
    if not len(values) or values.dtype.kind not in "iu":
        return values
    return values.astype(np.promote_types(np.min_scalar_type(values.min()), np.min_scalar_type(values.max())))


def _measured(function: UsageFunction, columns: Sequence[MonthColumn], rows: int) -> Numbers:
    """Added from the oldest month to the newest, since doubles added in another order are other doubles."""
    months = np.zeros(rows, np.int64)
    if function is UsageFunction.MONTHS:
        for column in columns:
            months += column.known & (column.values > np.int8(0))
        return Numbers(values=months, known=None)
    total = np.full(rows, {UsageFunction.LEAST: np.inf, UsageFunction.GREATEST: -np.inf}.get(function, 0.0))
    join = {UsageFunction.LEAST: np.minimum, UsageFunction.GREATEST: np.maximum}.get(function, np.add)
    for column in columns:
        # What is not known is 0, and need not be left out of a sum.
        join(total, column.values, out=total, where=True if join is np.add else column.known)
        months += column.known
    known = months > 0
    return Numbers(values=total / np.maximum(months, 1) if function is UsageFunction.AVERAGE else total, known=known)
