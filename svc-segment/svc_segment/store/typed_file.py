"""Words the SQL that reads a file as typed rows with the first fault of each; it must not judge them.

The columns are ``_row`` (from 1), ``_number`` (E.164 digits, null for what is no home mobile number), ``_written``,
``_field``, ``_value`` and ``_reason`` of the first fault, ``ended_on`` for files that end lives, ``month`` for lists of months, then
the values.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from svc_segment.domain.attributes import ENDED_COLUMN, NUMBER_COLUMN, AttributeType
from svc_segment.domain.event import EARLIEST, MAX_AHEAD, MAX_ATTRIBUTE_VALUE_LENGTH, MAX_TYPE_LENGTH
from svc_segment.domain.file_shape import MOMENT_COLUMN, TYPE_COLUMN, FileShape
from svc_segment.domain.list_kind import MONTH_COLUMN
from svc_segment.domain.scene import CELL_ATTRIBUTE, CELL_SEEN
from svc_segment.domain.snapshot import RejectReason
from svc_segment.store.errors import unreadable
from svc_segment.store.source_file import ROW_COLUMN, Source, quoted
from svc_segment.store.typed_columns import (
    Fault,
    TypedColumn,
    home_mobile,
    type_column,
    type_moment,
    type_month,
    type_short_text,
    written_number,
)

NUMBER = "_number"
WRITTEN = "_written"
FAULT_FIELD = "_field"
FAULT_VALUE = "_value"
FAULT_REASON = "_reason"
JUDGED = (ROW_COLUMN, NUMBER, WRITTEN, FAULT_FIELD, FAULT_VALUE, FAULT_REASON)
"""What judging a row needs; it never reads the values."""
IS_SIGHTING = f"coalesce(trim(CAST(\"{TYPE_COLUMN}\" AS VARCHAR)), '') = '{CELL_SEEN}'"
"""The SQL of a row that says where somebody was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedFile:
    """A file as typed rows: ``relation`` is SQL, ``values`` the names after the helper columns.

    ``ends`` has ``ended_on``, ``dated`` the month of each row as its first day.
    """

    relation: str
    values: tuple[str, ...]
    ends: bool
    dated: bool = False

    @property
    def judged(self) -> str:
        """The SQL of what judging needs, of all rows in the order of the file."""
        return self._select(
            (*JUDGED, *((ENDED_COLUMN,) if self.ends else ()), *((MONTH_COLUMN,) if self.dated else ()))
        )

    @property
    def rows(self) -> str:
        """The SQL of row and values, of all rows in the order of the file."""
        return self._select((ROW_COLUMN, *self.values))

    def _select(self, columns: tuple[str, ...]) -> str:
        quoted_columns = ", ".join(f'"{column}"' for column in columns)
        return f"SELECT {quoted_columns} FROM ({self.relation}) AS typed"  # noqa: S608 -- checked names alone


def type_file(
    connection: duckdb.DuckDBPyConnection, source: Source, shape: FileShape, work: Path, now: datetime
) -> TypedFile:
    """The typed rows of a file; raises InvalidInput for one that can't be read or suited.

    Parquet is typed as it is read, each time: that costs next to nothing. Texts are typed once, into a file of
    ``work``, since looking at each takes longer than reading the result.
    """
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {source.relation}").fetchall()  # noqa: S608 -- our own path
        physical = {name.strip(): kind for name, kind, *_ in described}
        relation = _typing_sql(source, shape, physical, now)
        if source.rewritten:
            target = quoted(work / "typed.parquet")
            connection.execute(f"COPY ({relation}) TO {target} (FORMAT parquet)")
            relation = f"SELECT * FROM read_parquet({target})"  # noqa: S608 -- our own path
    except duckdb.Error as error:
        raise unreadable("Parquet", error) from error
    events = (TYPE_COLUMN, MOMENT_COLUMN) if shape.events else ()
    months = (MONTH_COLUMN,) if shape.dated else ()
    return TypedFile(relation=relation, values=(*events, *months, *shape.values), ends=shape.ends, dated=shape.dated)


def _typing_sql(source: Source, shape: FileShape, physical: dict[str, str], now: datetime) -> str:
    columns = _columns(shape, physical, now)
    number = written_number(physical[NUMBER_COLUMN])
    faults = [fault for column in columns for fault in column.faults]
    faults += [_sighting_without_cell(shape)] if shape.events else []

    def first(what: list[tuple[str, str]]) -> str:
        cases = "".join(f" WHEN {found} THEN {told}" for found, told in what)
        return f"CASE{cases} END" if cases else "CAST(NULL AS VARCHAR)"

    selected = [
        f"CAST({source.row} AS BIGINT) AS {ROW_COLUMN}",
        f"{home_mobile(number)} AS {NUMBER}",
        f"{number} AS {WRITTEN}",
        f"{first([(fault.found, _text(fault.field)) for fault in faults])} AS {FAULT_FIELD}",
        f"{first([(fault.found, _written(shape, fault)) for fault in faults])} AS {FAULT_VALUE}",
        f"{first([(fault.found, _text(fault.reason)) for fault in faults])} AS {FAULT_REASON}",
        *(f'{column.typed} AS "{column.name}"' for column in columns),
    ]
    return f"SELECT {', '.join(selected)} FROM {source.relation}"  # noqa: S608 -- built from checked names alone


def _columns(shape: FileShape, physical: dict[str, str], now: datetime) -> list[TypedColumn]:
    if not shape.events:
        ends = [type_column(ENDED_COLUMN, AttributeType.DATE, physical[ENDED_COLUMN])] if shape.ends else []
        months = (
            [type_month(MONTH_COLUMN, physical[MONTH_COLUMN], earliest=EARLIEST, latest=now)] if shape.dated else []
        )
        return [*ends, *months, *(type_column(name, one.type, physical[name]) for name, one in shape.values.items())]
    return [
        type_short_text(TYPE_COLUMN, physical[TYPE_COLUMN], longest=MAX_TYPE_LENGTH, needed=True),
        type_moment(MOMENT_COLUMN, physical[MOMENT_COLUMN], earliest=EARLIEST, latest=now + MAX_AHEAD),
        *(
            type_short_text(name, physical[name], longest=MAX_ATTRIBUTE_VALUE_LENGTH, needed=False)
            if one.type is AttributeType.TEXT
            else type_column(name, one.type, physical[name])
            for name, one in shape.values.items()
        ),
    ]


def _sighting_without_cell(shape: FileShape) -> Fault:
    """A sighting says in which cell it was."""
    cell = f"coalesce(trim(CAST(\"{CELL_ATTRIBUTE}\" AS VARCHAR)), '')" if CELL_ATTRIBUTE in shape.values else "''"
    found = f"{IS_SIGHTING} AND {cell} = ''"
    return Fault(field=CELL_ATTRIBUTE, found=found, written="''", reason=RejectReason.MISSING)


def _written(shape: FileShape, fault: Fault) -> str:
    """What is told of a bad value: of a sighting nothing, since that would keep a cell or a time of somebody (SEG-29)."""
    return f"CASE WHEN {IS_SIGHTING} THEN '' ELSE {fault.written} END" if shape.events else fault.written


def _text(text: str) -> str:
    return f"'{text}'"
