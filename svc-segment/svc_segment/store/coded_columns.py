"""Keeps attributes as small numbers in memory, so that a condition is asked of each value once and not of each row.

Most attributes have few values, however many subscribers there are: a column becomes one, two or four bytes a row and
a sorted list of values. The compiler for one row says which values fit; finding their rows is a matter of milliseconds
for twelve million. It must not answer for columns that have too many values, nor ask each of many values: that is for
the engine.
"""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute, parquet

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.tree import (
    Between,
    Comparison,
    InList,
    IsNull,
    Leaf,
    Literal,
    Operator,
    Reference,
    Subject,
    subject_of,
)
from svc_segment.store.column_files import is_written, map_array, map_column, write_array, write_column
from svc_segment.store.condition_masks import Mask, mask_by_blocks
from svc_segment.store.folders import DataFolder

# A table of four million answers is still quicker made than a column is read from the file.
MOST_VALUES = 2**22 - 1
# One byte tells so many values apart, one of them being null; and two bytes so many.
FEW_VALUES = 2**8 - 1
MANY_VALUES = 2**16 - 1
# The machine's pages: one octet read of each has the whole column at hand.
PAGE_OCTETS = 4096
# More runs of neighbouring values than this cost more than to look up each row's code.
MOST_RUNS = 6
KEPT_FILES = 2
# Beside the columns, whose names are those of attributes.
IDS = f"{SUBSCRIBER_COLUMN}.npy"

Codes = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedColumn:
    """The value of each row as its place among ``values``, which rise; null is the place behind the last."""

    name: str
    values: pa.Array
    codes: Codes

    def mask(self, leaf: Leaf, *, truth: bool) -> Mask | None:
        """For which rows a condition on this column alone is true, or false, for certain; None is for the engine."""
        answers = self._fitting(leaf) if len(self.values) > FEW_VALUES else None
        if answers is None and len(self.values) > MANY_VALUES:
            return None
        if answers is None:
            answers = self._of_each_value(leaf, truth=truth)
        elif not truth:
            # Null is not false, and who is not null is.
            answers = np.append(~answers[:-1], np.False_)
        return self._answered(answers)

    def touch(self) -> None:
        """Has the pages of the mapped codes at hand, which the first question would wait for otherwise."""
        self.codes.view(np.uint8)[::PAGE_OCTETS].max(initial=0)

    def _of_each_value(self, leaf: Leaf, *, truth: bool) -> NDArray[np.bool_]:
        fits = compile_closure(leaf)
        answers = (fits({self.name: value}) is truth for value in (*self.values.to_pylist(), None))
        return np.fromiter(answers, np.bool_, len(self.values) + 1)

    def _fitting(self, leaf: Leaf) -> NDArray[np.bool_] | None:
        """The same for a comparison, which turns at one of the rising values: asked of some twenty instead of all."""
        match leaf:
            case Comparison(left=left, operator=operator, right=Literal() as right):
                return self._compared(left, operator, right)
            case Between(reference=left, low=Literal() as low, high=Literal() as high):
                from_low = self._compared(left, Operator.GREATER_OR_EQUAL, low)
                return from_low & self._compared(left, Operator.LESS_OR_EQUAL, high)
            case InList(reference=left, values=values):
                found = np.zeros(len(self.values) + 1, np.bool_)
                for value in values:
                    found |= self._compared(left, Operator.EQUAL, value)
                return found
            case IsNull():
                found = np.zeros(len(self.values) + 1, np.bool_)
                found[-1] = True
                return found
            case _:
                return None

    def _compared(self, left: Subject, operator: Operator, right: Literal) -> NDArray[np.bool_]:
        if operator is Operator.EQUAL:
            up_to = self._compared(left, Operator.LESS_OR_EQUAL, right)
            return up_to & ~self._compared(left, Operator.LESS, right)
        places = np.arange(len(self.values) + 1)
        known = places < len(self.values)
        if operator is Operator.NOT_EQUAL:
            return known & ~self._compared(left, Operator.EQUAL, right)
        fits = compile_closure(Comparison(left=left, operator=operator, right=right))
        rises = operator in {Operator.GREATER, Operator.GREATER_OR_EQUAL}
        turn = bisect_left(self.values, True, key=lambda value: fits({self.name: value.as_py()}) is rises)  # noqa: FBT003 -- what is looked for
        return known & (places >= turn) if rises else places < turn

    def _answered(self, answers: NDArray[np.bool_]) -> Mask:
        """Which rows have one of the values that fit; comparing runs of codes is quicker than a look at each."""
        edges = np.flatnonzero(np.diff(answers, prepend=False, append=False))
        runs = [(int(low), int(high) - 1) for low, high in zip(edges[::2], edges[1::2], strict=True)]

        def rows(start: int, stop: int) -> NDArray[np.bool_]:
            codes = self.codes[start:stop]
            return answers[codes] if len(runs) > MOST_RUNS else _in_runs(codes, runs)

        return mask_by_blocks(len(self.codes), rows)


def _in_runs(codes: Codes, runs: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    if not runs:
        return np.zeros(len(codes), np.bool_)
    rows = _in_run(codes, *runs[0])
    for low, high in runs[1:]:
        np.logical_or(rows, _in_run(codes, low, high), out=rows)
    return rows


def _in_run(codes: Codes, low: int, high: int) -> NDArray[np.bool_]:
    kind = codes.dtype.type
    rows: NDArray[np.bool_]
    if low == high:
        rows = codes == kind(low)
    elif low == 0:
        rows = codes <= kind(high)
    else:
        # Codes below the run become the largest numbers there are, since they are unsigned.
        rows = (codes - kind(low)) <= kind(high - low)
    return rows


class CodedColumns:
    """The coded columns of the last versions, each coded once and from then on mapped from its file.

    What nobody coded yet is coded in a thread beside: first what was asked for, then the rest of its version.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        # None for one that can't be coded.
        self._columns: dict[tuple[str, str], CodedColumn | None] = {}
        # The versions asked for, in their order; the last two are kept, as a question may have begun before a swap.
        self._files: list[str] = []
        self._closed = False
        self._lock = threading.Lock()
        self._coder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="coder")

    def find(self, file: str, leaf: Leaf) -> CodedColumn | None:
        """The column that a condition is about, if it is about one alone and that is at hand; else it soon may be."""
        subject = subject_of(leaf)
        if not isinstance(subject, Reference):
            return None
        key = file, subject.name
        with self._lock:
            if self._see(*key) and key not in self._columns and is_written(self._folder.columns(file), subject.name):
                self._columns[key] = self._map(*key)
            return self._columns.get(key)

    def ids(self, file: str) -> NDArray[np.uint32]:
        """Everybody of a version, rising; written beside the codes when they are not there yet."""
        folder = self._folder.columns(file)
        if not (folder / IDS).exists():
            column = parquet.read_table(self._folder.base(file), columns=[SUBSCRIBER_COLUMN])[SUBSCRIBER_COLUMN]
            write_array(folder, IDS, column.to_numpy().astype(np.uint32, copy=False))
        return map_array(folder, IDS)

    def prepare(self, file: str) -> None:
        """Codes a whole version and has it at hand before anybody asks about it; blocking, and repeatable."""
        self.ids(file)
        for name in self._names(file):
            if not self._closed:
                self._ready(file, name)

    def close(self) -> None:
        """Lets the threads end: at their next column, since a process that stops must not wait for all."""
        self._closed = True
        self._coder.shutdown(cancel_futures=True)

    def _see(self, file: str, asked: str) -> bool:
        """Whether a version is one of the last two; nobody asks for long of those that others took the place of."""
        if file in self._files:
            return file in self._files[-KEPT_FILES:]
        self._files.append(file)
        kept = self._files[-KEPT_FILES:]
        self._columns = {key: column for key, column in self._columns.items() if key[0] in kept}
        for name in sorted(self._names(file), key=lambda name: name != asked):
            self._coder.submit(self._ready, file, name)
        return True

    def _names(self, file: str) -> list[str]:
        return [name for name in parquet.read_schema(self._folder.base(file)).names if name != SUBSCRIBER_COLUMN]

    def _ready(self, file: str, name: str) -> None:
        """Codes a column if nobody did, maps it, and has its pages at hand."""
        folder = self._folder.columns(file)
        if not is_written(folder, name):
            coded = code_column(parquet.read_table(self._folder.base(file), columns=[name])[name])
            write_column(folder, name, coded)
        with self._lock:
            column = self._columns.get((file, name)) or self._map(file, name)
            # Whoever made the version ready asks of it next; one that others took the place of is not brought back.
            if file not in self._files[:-KEPT_FILES]:
                self._columns[file, name] = column
        if column is not None:
            column.touch()

    def _map(self, file: str, name: str) -> CodedColumn | None:
        found = map_column(self._folder.columns(file), name)
        return CodedColumn(name=name, values=found[0], codes=found[1]) if found else None


def code_column(column: pa.ChunkedArray) -> tuple[pa.Array, Codes] | None:
    """The values of a column, rising, and the place of each row's among them; None when there are too many values."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    if len(encoded.dictionary) > MOST_VALUES:
        return None
    order = compute.sort_indices(encoded.dictionary)
    kind: type[np.unsignedinteger[Any]] = np.uint8 if len(order) <= FEW_VALUES else np.uint16
    if len(order) > MANY_VALUES:
        kind = np.uint32
    ranks = np.empty(len(order) + 1, kind)
    ranks[order.to_numpy()] = np.arange(len(order), dtype=kind)
    ranks[-1] = len(order)
    places = encoded.indices.fill_null(len(order)).to_numpy(zero_copy_only=False)
    return encoded.dictionary.take(order), ranks[places]
