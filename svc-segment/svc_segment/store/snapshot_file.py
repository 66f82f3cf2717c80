"""Finds the good rows of an uploaded file and what is wrong with the others; it must not touch PostgreSQL.

Typing and the normalising of home numbers are one SQL over the file; Python sees single rows only where
something is wrong with them or their number is not a mobile number of the home region.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import ENDED_COLUMN, NUMBER_COLUMN
from svc_segment.domain.list_kind import MONTH_COLUMN
from svc_segment.domain.numbers import normalise_number
from svc_segment.domain.snapshot import Reject, RejectReason
from svc_segment.store.errors import unreadable
from svc_segment.store.source_file import ROW_COLUMN
from svc_segment.store.typed_file import FAULT_FIELD, FAULT_REASON, FAULT_VALUE, NUMBER, WRITTEN, TypedFile

# Rows of a batch: vectors stay in the cache, progress moves several times a second.
BATCH_ROWS = 65_536
# A number of at most 15 digits and a month fit 64 bits together.
MONTHS_THERE_ARE = 4_096
# Enough of a bad value to recognise it by.
SHOWN_CHARACTERS = 40
# Each is kept with its reason; a file that has more is not the file somebody meant to send.
MAX_REJECTS = 1_000_000
DETAILS = {
    RejectReason.WRONG_TYPE: "{value!r} is not of the attribute's type",
    RejectReason.MISSING: "the row has no {field}",
    RejectReason.OUT_OF_RANGE: "{value!r} is longer than it may be, or no time that it can be of",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """What is in a file: the row and number of each good one, in the order of the file, and what became of the others.

    ``rows`` and ``numbers`` are int64 arrays of one length; in files of one row a number they have no number twice.
    ``ended`` are the lives that the file ends: their rows, and their days by number. ``months`` are those of the good
    rows, counted from 1970, or empty where rows are of no month.
    """

    typed: TypedFile
    read: int
    rows: NDArray[np.int64]
    numbers: NDArray[np.int64]
    rejects: list[Reject]
    ended: "dict[int, EndedLife]" = field(default_factory=dict)
    months: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def accepted(self) -> int:
        """Rows that load: values, and ends of lives."""
        return len(self.rows) + len(self.ended)

    def among(self, known: NDArray[np.bool_]) -> "CheckedFile":
        """The same file with some of its good rows only; nothing is rejected."""
        months = self.months[known] if len(self.months) else self.months
        return replace(self, rows=self.rows[known], numbers=self.numbers[known], months=months)

    def ending(self, ended: "dict[int, EndedLife]", rejects: list[Reject]) -> "CheckedFile":
        """The same file with these ends of lives, and the others among the rejects."""
        check_rejects(len(self.rejects) + len(rejects))
        return replace(self, ended=ended, rejects=sorted([*self.rejects, *rejects], key=lambda one: one.row))

    def without(self, unknown: NDArray[np.bool_], reject: Callable[[int], Reject]) -> "CheckedFile":
        """The same file with some of its good rows rejected; raises InvalidInput TOO_MANY_REJECTS."""
        check_rejects(len(self.rejects) + int(unknown.sum()))
        rejects = [*self.rejects, *(reject(row) for row in self.rows[unknown].tolist())]
        rejects.sort(key=lambda one: one.row)
        return replace(self, rows=self.rows[~unknown], numbers=self.numbers[~unknown], rejects=rejects)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedLife:
    """A row that says that the life of a number's holder ended."""

    row: int
    on: date


def unknown_number(row: int) -> Reject:
    """A row whose number nobody has."""
    detail = "nobody has this number; load its subscriber first"
    return Reject(row=row, field=NUMBER_COLUMN, reason=RejectReason.UNKNOWN_NUMBER, detail=detail)


def check_file(
    connection: duckdb.DuckDBPyConnection,
    typed: TypedFile,
    misfits: Sequence[Reject],
    advance: Callable[[int], None],
    *,
    once: bool,
) -> CheckedFile:
    """Reads the whole file once; ``misfits`` are rows that were none, ``advance`` hears of the rows read so far.

    ``once``: of rows with one number (and month, where rows have one) the first good one counts, the others are DUPLICATE. Raises InvalidInput.
    """
    rejects = list(misfits)
    check_rejects(len(rejects))
    read = len(rejects)
    ended: dict[int, EndedLife] = {}
    kept_rows, kept_numbers, kept_months = ([np.empty(0, np.int64)] for _ in range(3))
    for batch in _batches(connection, typed.judged):
        read += batch.num_rows
        numbers, good = _judge(batch, rejects)
        if typed.ends:
            good &= ~_take_ended(batch, numbers, good, ended, rejects)
        kept_rows.append(batch[ROW_COLUMN].to_numpy()[good])
        kept_numbers.append(numbers[good])
        if typed.dated:
            kept_months.append(_months(batch)[good])
        check_rejects(len(rejects))
        advance(read)
    rows, numbers, months = (np.concatenate(kept) for kept in (kept_rows, kept_numbers, kept_months))
    if once:
        kept = _first_of_each(rows, numbers * MONTHS_THERE_ARE + months if typed.dated else numbers, rejects)
        rows, numbers, months = rows[kept], numbers[kept], months[kept] if typed.dated else months
    rejects.sort(key=lambda reject: reject.row)
    return CheckedFile(typed=typed, read=read, rows=rows, numbers=numbers, rejects=rejects, ended=ended, months=months)


def check_rejects(count: int) -> None:
    """Refuses a file that is bad throughout before its rejects fill the memory."""
    if count > MAX_REJECTS:
        raise InvalidInput(
            reason="TOO_MANY_REJECTS",
            field="file",
            detail=f"more than {MAX_REJECTS:,} rows are bad; is this the file and the kind that was meant?",
        )


def _batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    try:
        yield from cast("Iterator[pa.RecordBatch]", connection.sql(query).to_arrow_reader(BATCH_ROWS))
    except duckdb.Error as error:
        raise unreadable("Parquet", error) from error


def _judge(batch: pa.RecordBatch, rejects: list[Reject]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The number of each row and whether the row is good; the others go to ``rejects``."""
    numbers = batch[NUMBER].fill_null(0).to_numpy(zero_copy_only=False).copy()
    bad = batch[FAULT_FIELD].is_valid().to_numpy(zero_copy_only=False).copy()
    for index in np.flatnonzero(bad | (numbers == 0)).tolist():
        reject, number = _judge_row(batch, index)
        numbers[index] = number
        if reject is not None:
            bad[index] = True
            rejects.append(reject)
    return numbers, ~bad


def _judge_row(batch: pa.RecordBatch, index: int) -> tuple[Reject | None, int]:
    def value(column: str) -> Any:
        return batch[column][index].as_py()

    row, written, found = value(ROW_COLUMN), value(WRITTEN), value(FAULT_FIELD)
    if written is None:
        detail = "the row has no number"
        return Reject(row=row, field=NUMBER_COLUMN, reason=RejectReason.MISSING, detail=detail), 0
    number = value(NUMBER) or normalise_number(written) or 0
    if not number:
        detail = f"{written[:SHOWN_CHARACTERS]!r} is no valid number"
        return Reject(row=row, field=NUMBER_COLUMN, reason=RejectReason.INVALID_NUMBER, detail=detail), 0
    if found is None:
        return None, number
    reason = RejectReason(value(FAULT_REASON))
    detail = DETAILS[reason].format(value=str(value(FAULT_VALUE))[:SHOWN_CHARACTERS], field=found)
    return Reject(row=row, field=found, reason=reason, detail=detail), number


def _take_ended(
    batch: pa.RecordBatch,
    numbers: NDArray[np.int64],
    good: NDArray[np.bool_],
    ended: dict[int, EndedLife],
    rejects: list[Reject],
) -> NDArray[np.bool_]:
    """Moves the good rows that end a life to ``ended`` and says which they are; a second one is DUPLICATE."""
    ends = batch[ENDED_COLUMN].is_valid().to_numpy(zero_copy_only=False)
    for index in np.flatnonzero(ends & good).tolist():
        row = batch[ROW_COLUMN][index].as_py()
        number = int(numbers[index])
        if number in ended:
            rejects.append(_duplicate(row, ended[number].row))
        else:
            ended[number] = EndedLife(row=row, on=batch[ENDED_COLUMN][index].as_py())
    return np.asarray(ends)


def _months(batch: pa.RecordBatch) -> NDArray[np.int64]:
    """The month of each row, counted from 1970; of rows without one, which are bad, it means nothing."""
    days = batch[MONTH_COLUMN].to_numpy(zero_copy_only=False)
    return np.asarray(days.astype("datetime64[M]").astype(np.int64))


def _first_of_each(rows: NDArray[np.int64], numbers: NDArray[np.int64], rejects: list[Reject]) -> NDArray[np.bool_]:
    """Which rows are the first of their number, or of their number and month."""
    order = np.argsort(numbers, kind="stable")
    again = np.empty(len(order), np.bool_)
    again[:1] = False
    again[1:] = numbers[order[1:]] == numbers[order[:-1]]
    if not again.any():
        return np.ones(len(rows), np.bool_)
    check_rejects(len(rejects) + int(again.sum()))
    # The sort is stable, so the first of each group is the first of the file.
    winner = np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))
    rejects.extend(
        _duplicate(int(rows[order[place]]), int(rows[order[winner[place]]])) for place in np.flatnonzero(again).tolist()
    )
    keep = np.ones(len(rows), np.bool_)
    keep[order[again]] = False
    return keep


def _duplicate(row: int, first: int) -> Reject:
    detail = f"row {first} has this number already; the first row counts"
    return Reject(row=row, field=NUMBER_COLUMN, reason=RejectReason.DUPLICATE, detail=detail)
