"""Keeps attributes as small numbers in memory, so that a condition is asked of each value once and not of each row.

Most attributes have few values, however many subscribers there are: a column becomes one or two bytes a row and a
sorted list of values. The compiler for one row says which values fit; finding their rows is a matter of milliseconds
for twelve million. It must not answer for columns that have too many values: those are asked of the engine.
"""

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute, parquet

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN, Value
from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.tree import (
    Between,
    Comparison,
    InList,
    Leaf,
    Literal,
    Operator,
    Reference,
    Subject,
    subjects_of,
)
from svc_segment.store.condition_masks import Mask, to_mask

# Two bytes tell so many values apart, one of them being null.
MOST_VALUES = 2**16 - 1
FEW_VALUES = 2**8 - 1
# More runs of neighbouring values than this cost more than to look up each row's code.
MOST_RUNS = 6
KEPT_FILES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedColumn:
    """The value of each row as its place among ``values``, which rise; null is the place behind the last."""

    name: str
    values: tuple[Value, ...]
    codes: NDArray[np.uint8] | NDArray[np.uint16]

    def mask(self, leaf: Leaf, *, truth: bool) -> Mask:
        """For which rows a condition on this column alone is true, or false, for certain."""
        answers = self._fitting(leaf) if len(self.values) > FEW_VALUES else None
        if answers is None:
            answers = self._of_each_value(leaf, truth=truth)
        elif not truth:
            # Null is neither true nor false.
            answers = np.append(~answers[:-1], np.False_)
        return to_mask(self._rows(answers))

    def _of_each_value(self, leaf: Leaf, *, truth: bool) -> NDArray[np.bool_]:
        fits = compile_closure(leaf)
        answers = (fits({self.name: value}) is truth for value in (*self.values, None))
        return np.fromiter(answers, np.bool_, len(self.values) + 1)

    def _fitting(self, leaf: Leaf) -> NDArray[np.bool_] | None:
        """The same for a comparison, which turns at one of the rising values: asked of sixteen instead of all."""
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
        turn = bisect_left(self.values, True, key=lambda value: fits({self.name: value}) is rises)  # noqa: FBT003 -- what is looked for
        return known & (places >= turn) if rises else places < turn

    def _rows(self, answers: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rows have one of the values that fit; comparing runs of codes is quicker than a look at each."""
        edges = np.flatnonzero(np.diff(answers, prepend=False, append=False))
        runs = [(int(low), int(high) - 1) for low, high in zip(edges[::2], edges[1::2], strict=True)]
        rows: NDArray[np.bool_]
        if len(runs) > MOST_RUNS:
            rows = answers[self.codes]
            return rows
        if not runs:
            return np.zeros(len(self.codes), np.bool_)
        rows = self._run(*runs[0])
        for low, high in runs[1:]:
            np.logical_or(rows, self._run(low, high), out=rows)
        return rows

    def _run(self, low: int, high: int) -> NDArray[np.bool_]:
        kind = self.codes.dtype.type
        rows: NDArray[np.bool_]
        if low == high:
            rows = self.codes == kind(low)
        elif low == 0:
            rows = self.codes <= kind(high)
        else:
            # Codes below the run become the largest numbers there are, since they are unsigned.
            rows = (self.codes - kind(low)) <= kind(high - low)
        return rows


class CodedColumns:
    """The coded columns used last, within ``limit_bytes``.

    They are coded in a thread beside: first what was asked for, then whatever else there is room for.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._columns: OrderedDict[tuple[Path, str], CodedColumn] = OrderedDict()
        self._bytes = 0
        # What is being coded, and what never can be.
        self._begun: set[tuple[Path, str]] = set()
        # The versions seen, in their order; the last two are kept, as a question may have begun before a swap.
        self._files: list[Path] = []
        self._lock = threading.Lock()
        self._coder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="coder")

    def find(self, file: Path, leaf: Leaf) -> CodedColumn | None:
        """The column that a condition is about, if it is about one alone and that is at hand; else it soon may be."""
        subjects = set(subjects_of(leaf))
        subject = subjects.pop() if len(subjects) == 1 else None
        if not isinstance(subject, Reference):
            return None
        key = file, subject.name
        with self._lock:
            column = self._columns.get(key)
            if column is not None:
                self._columns.move_to_end(key)
            elif key not in self._begun:
                self._begin(key)
            return column

    def _begin(self, key: tuple[Path, str]) -> None:
        file, _ = key
        if file in self._files[:-KEPT_FILES]:
            return
        self._begun.add(key)
        self._coder.submit(self._code, key, asked=True)
        if file not in self._files:
            self._files.append(file)
            self._forget(self._files[:-KEPT_FILES])
            for name in parquet.read_schema(file).names:
                if name not in {key[1], SUBSCRIBER_COLUMN}:
                    self._begun.add((file, name))
                    self._coder.submit(self._code, (file, name), asked=False)

    def _forget(self, files: Sequence[Path]) -> None:
        """Nobody asks for long of versions that others took the place of."""
        self._begun = {key for key in self._begun if key[0] not in files}
        for key in [key for key in self._columns if key[0] in files]:
            self._bytes -= self._columns.pop(key).codes.nbytes

    def close(self) -> None:
        """Lets the thread end."""
        self._coder.shutdown(cancel_futures=True)

    def _code(self, key: tuple[Path, str], *, asked: bool) -> None:
        file, name = key
        with self._lock:
            # A byte a row at least; what nobody asked for pushes nothing out.
            room = self._bytes + parquet.read_metadata(file).num_rows <= self._limit_bytes
            if not asked and not room:
                self._begun.discard(key)
                return
        column = code_column(parquet.read_table(file, columns=[name])[name], name)
        if column is None or column.codes.nbytes > self._limit_bytes:
            return
        with self._lock:
            self._columns[key] = column
            self._bytes += column.codes.nbytes
            while self._bytes > self._limit_bytes:
                dropped, oldest = self._columns.popitem(last=False)
                self._bytes -= oldest.codes.nbytes
                self._begun.discard(dropped)


def code_column(column: pa.ChunkedArray, name: str) -> CodedColumn | None:
    """The column with its values as codes, None when there are too many of them."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    if len(encoded.dictionary) > MOST_VALUES:
        return None
    order = compute.sort_indices(encoded.dictionary)
    kind = np.uint8 if len(order) <= FEW_VALUES else np.uint16
    ranks = np.empty(len(order) + 1, kind)
    ranks[order.to_numpy()] = np.arange(len(order), dtype=kind)
    ranks[-1] = len(order)
    places = encoded.indices.fill_null(len(order)).to_numpy(zero_copy_only=False)
    return CodedColumn(name=name, values=tuple(encoded.dictionary.take(order).to_pylist()), codes=ranks[places])
