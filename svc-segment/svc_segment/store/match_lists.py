"""Writes whom a match recommends what as CSV; it must not decide who is on the list."""

import io
from datetime import date
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from svc_segment.domain.daily_hours import write_hours
from svc_segment.domain.match_library import MatchRule
from svc_segment.store.rule_sets import Texts

COLUMNS = ("subscriber_id", "msisdn", "branch", "place", "service", "rule", "channels", "hours", "hall", "as_of")


def match_list_header(*, with_numbers: bool) -> bytes:
    """The first line of a list."""
    return (",".join(name for name in COLUMNS if with_numbers or name != "msisdn") + "\n").encode()


def match_list_rows(
    rule: MatchRule,
    place: int,
    ids: NDArray[np.uint32],
    branches: Texts,
    halls: Texts,
    book: NDArray[np.int64] | None,
    *,
    as_of: date | None,
) -> bytes:
    """One rule's rows for some subscribers with the hall that each is guided to, as of the day of the run's data.

    With a ``book`` of numbers those too, without those who left since.
    """
    if book is not None:
        ids = ids[living(book, ids)]
    columns: dict[str, pa.Array] = {"subscriber_id": pa.array(ids)}
    if book is not None:
        columns["msisdn"] = written_numbers(book[ids])
    columns["branch"] = branches.of(ids)
    for name, value in (
        ("place", place), ("service", rule.service), ("rule", rule.code), ("channels", " ".join(rule.channels)),
        ("hours", write_hours(rule.hours)),
    ):  # fmt: skip
        columns[name] = pa.repeat(pa.scalar(value), len(ids))
    columns["hall"] = halls.of(ids)
    columns["as_of"] = pa.repeat(pa.scalar(as_of.isoformat() if as_of else ""), len(ids))
    return csv_rows(columns)


def living(book: NDArray[np.int64], ids: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which of the subscribers have a number today."""
    known = ids < len(book)
    known[known] = book[ids[known]] != 0
    return known


def written_numbers(numbers: NDArray[np.int64]) -> pa.Array:
    """Numbers as E.164."""
    return pc.binary_join_element_wise("+", pc.cast(pa.array(numbers), pa.string()), "")


def csv_rows(columns: dict[str, pa.Array]) -> bytes:
    """Rows without a header; texts stand in quotes only where one of them must."""
    rows = pa.table(columns)
    try:
        return _written(rows, "none")
    except pa.ArrowInvalid:
        return _written(rows, "needed")


def _written(rows: pa.Table, quoting: Literal["none", "needed"]) -> bytes:
    sink = io.BytesIO()
    csv.write_csv(rows, sink, csv.WriteOptions(include_header=False, quoting_style=quoting))
    return sink.getvalue()
