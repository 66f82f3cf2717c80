"""Merges the good rows of a snapshot into the subscribers as they stand; it must not change the old file.

The merge is by column and subscriber: a snapshot's columns replace the values of its own subscribers, nulls
too; columns and subscribers that it does not have keep what they had, but for those whose life ended. Both sides come
by rising subscriber, so that merging holds some batches of each, whatever their size.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN, AttributeType, Dictionary
from svc_segment.store.snapshot_file import BATCH_ROWS

ARROW_TYPES = {
    AttributeType.INTEGER: pa.int64(),
    AttributeType.NUMBER: pa.float64(),
    AttributeType.TEXT: pa.string(),
    AttributeType.BOOLEAN: pa.bool_(),
    AttributeType.DATE: pa.date32(),
}
# Rows of a row group: what an engine takes and skips at a time.
GROUP_ROWS = 122_880


def schema_of(attributes: Dictionary) -> pa.Schema:
    """The subscriber, then the attributes."""
    fields = [(one.name, ARROW_TYPES[one.type]) for one in attributes.values()]
    return pa.schema([(SUBSCRIBER_COLUMN, pa.uint32()), *fields])


def write_rows(tables: Iterator[pa.Table], schema: pa.Schema, target: Path) -> int:
    """Writes tables of a schema one after the other and gives their rows."""
    rows = 0
    waiting: list[pa.Table] = []
    with parquet.ParquetWriter(target, schema, compression="snappy") as writer:
        for table in tables:
            waiting.append(table.select(schema.names).cast(schema))
            rows += table.num_rows
            if sum(one.num_rows for one in waiting) >= GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting), row_group_size=GROUP_ROWS)
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting), row_group_size=GROUP_ROWS)
    return rows


def read_base_rows(old: Path | None, schema: pa.Schema, ended: NDArray[np.uint32]) -> Iterator[pa.Table]:
    """The subscribers as they stand, without those whose life ended."""
    if old is None:
        return
    with parquet.ParquetFile(old) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=schema.names):
            table = pa.Table.from_batches([batch])
            living = ~np.isin(_ids(table), ended)
            yield table if living.all() else table.filter(pa.array(living))


def merge_rows(before: Iterator[pa.Table], fresh: Iterator[pa.Table], attributes: Dictionary) -> Iterator[pa.Table]:
    """Both by rising subscriber; a column that both have is the fresh one's for its own subscribers."""
    names = list(attributes)
    old, new = _refilled(None, before), _refilled(None, fresh)
    while old is not None or new is not None:
        last = min(int(_ids(one)[-1]) for one in (old, new) if one is not None)
        old_part, old = _split(old, last)
        new_part, new = _split(new, last)
        yield _merged(old_part, new_part, names, attributes)
        old, new = _refilled(old, before), _refilled(new, fresh)


def _refilled(table: pa.Table | None, more: Iterator[pa.Table]) -> pa.Table | None:
    """The table, or the next with rows where it has none; None at the end."""
    if table is not None and table.num_rows:
        return table
    return next((one for one in more if one.num_rows), None)


def _split(table: pa.Table | None, last: int) -> tuple[pa.Table | None, pa.Table | None]:
    """The rows up to a subscriber, and the rest."""
    if table is None:
        return None, None
    end = int(np.searchsorted(_ids(table), last, side="right"))
    return table.slice(0, end), table.slice(end)


def _merged(old: pa.Table | None, new: pa.Table | None, names: list[str], attributes: Dictionary) -> pa.Table:
    sides = [_Side(table, _ids(table)) for table in (new, old) if table is not None]
    ids = sides[0].ids
    if any(not np.array_equal(ids, side.ids) for side in sides):
        ids = np.union1d(ids, sides[-1].ids)
    columns = [
        _merged_column(ids, [side for side in sides if name in side.table.column_names], name, attributes[name].type)
        for name in names
    ]
    return pa.table([pa.array(ids, pa.uint32()), *columns], names=[SUBSCRIBER_COLUMN, *names])


class _Side(NamedTuple):
    table: pa.Table
    ids: NDArray[np.uint32]


def _merged_column(ids: NDArray[np.uint32], sides: list[_Side], name: str, kind: AttributeType) -> pa.ChunkedArray:
    """A column of the sides that have it, the fresh one first: where it has a subscriber its value counts."""
    wanted = ARROW_TYPES[kind]
    if not sides:
        return pa.chunked_array([pa.nulls(len(ids), wanted)])
    if len(sides[0].ids) == len(ids):
        return sides[0].table[name].cast(wanted)
    place = np.full(len(ids), -1, np.int64)
    offset = sum(len(side.ids) for side in sides)
    for side in reversed(sides):
        offset -= len(side.ids)
        place[np.searchsorted(ids, side.ids)] = offset + np.arange(len(side.ids))
    both = pa.chunked_array([chunk for side in sides for chunk in side.table[name].cast(wanted).chunks], wanted)
    return both.take(pa.array(place, mask=place < 0))


def _ids(table: pa.Table) -> NDArray[np.uint32]:
    ids: NDArray[np.uint32] = table[SUBSCRIBER_COLUMN].to_numpy()
    return ids
