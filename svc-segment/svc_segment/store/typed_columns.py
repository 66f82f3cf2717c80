"""Words the SQL that types a file's columns: a value of the attribute's type, or null where it can't be one.

It must not raise for a bad value: a value that was there and became null is what makes its row a reject.
"""

from dataclasses import dataclass
from datetime import datetime

from svc_segment.domain.attributes import AttributeType
from svc_segment.domain.numbers import HOME_CODE, home_mobile_pattern
from svc_segment.domain.snapshot import RejectReason
from svc_segment.store.errors import unsuited

TEXTS = ("VARCHAR", "ENUM")
WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
BROKEN = ("FLOAT", "DOUBLE", "DECIMAL")
DAYS = ("DATE", "TIMESTAMP")
INTEGER_PATTERN = "[+-]?[0-9]{1,19}"
NUMBER_PATTERN = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
MONTH_PATTERN = "[0-9]{4}-?(0[1-9]|1[0-2])"
DAY_PATTERN = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
# What Python can hold as a day; beyond lies no calendar of an operator.
DAY_RANGE = "DATE '0001-01-01' AND DATE '9999-12-31'"


SQL_TYPES = {
    AttributeType.INTEGER: "BIGINT",
    AttributeType.NUMBER: "DOUBLE",
    AttributeType.TEXT: "VARCHAR",
    AttributeType.BOOLEAN: "BOOLEAN",
    AttributeType.DATE: "DATE",
}
# What fits into 64 bits with a sign, whatever its value.
SMALL_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
# A time says its zone: without one it could be anywhere's.
MOMENT_PATTERN = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The SQL of what makes a row a reject, with the field, the value as it was written, and the reason."""

    field: str
    found: str
    written: str
    reason: RejectReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedColumn:
    """The SQL of a value's typed form, and its fault where a value can be there that has none."""

    name: str
    typed: str
    faults: tuple[Fault, ...] = ()


def type_column(name: str, wanted: AttributeType, physical: str) -> TypedColumn:
    """The SQL for a column that the file holds as ``physical`` (DuckDB's name); raises InvalidInput."""
    column = f'"{name}"'
    if _always_fits(wanted, physical):
        return TypedColumn(name=name, typed=f"CAST({column} AS {SQL_TYPES[wanted]})")
    if _kind(physical) == "text":
        present = f"nullif(trim(CAST({column} AS VARCHAR)), '')"
        typed = _from_text(wanted, present)
    else:
        present = column
        found = _from_value(wanted, column, physical)
        if found is None:
            raise unsuited(name, physical, wanted)
        typed = found
    wrong = Fault(
        field=name,
        found=f"({present} IS NOT NULL AND ({typed}) IS NULL)",
        written=f"CAST({column} AS VARCHAR)",
        reason=RejectReason.WRONG_TYPE,
    )
    return TypedColumn(name=name, typed=typed, faults=(wrong,))


def type_moment(name: str, physical: str, *, earliest: datetime, latest: datetime) -> TypedColumn:
    """The SQL for a column of times, each needed and within the two; a Parquet time without a zone is UTC."""
    column = f'"{name}"'
    written = f"CAST({column} AS VARCHAR)"
    if _kind(physical) == "text":
        text = f"trim({written})"
        typed = f"CASE WHEN regexp_full_match({text}, '{MOMENT_PATTERN}') THEN TRY_CAST({text} AS TIMESTAMPTZ) END"
    elif physical.startswith("TIMESTAMP"):
        typed = f"CAST({column} AS TIMESTAMPTZ)"
    else:
        raise unsuited(name, physical, "time")
    in_range = f"{typed} BETWEEN TIMESTAMPTZ '{earliest.isoformat()}' AND TIMESTAMPTZ '{latest.isoformat()}'"
    faults = (
        Fault(field=name, found=f"{column} IS NULL", written="''", reason=RejectReason.MISSING),
        Fault(field=name, found=f"({typed}) IS NULL", written=written, reason=RejectReason.WRONG_TYPE),
        Fault(field=name, found=f"NOT ({in_range})", written=written, reason=RejectReason.OUT_OF_RANGE),
    )
    return TypedColumn(name=name, typed=typed, faults=faults)


def type_month(name: str, physical: str, *, earliest: datetime, latest: datetime) -> TypedColumn:
    """The SQL for a column of months, each needed and within the two, as their first days: 2011-03, 201103 or a day."""
    kind = _kind(physical)
    written = f'CAST("{name}" AS VARCHAR)'
    if kind in {"text", "whole"}:
        text = f"trim({written})"
        first = f"left({text}, 4) || '-' || right({text}, 2) || '-01'"
        typed = f"CASE WHEN regexp_full_match({text}, '{MONTH_PATTERN}') THEN TRY_CAST({first} AS DATE) END"
    elif kind == "day":
        typed = f"CAST(date_trunc('month', CAST(\"{name}\" AS TIMESTAMP)) AS DATE)"
    else:
        raise unsuited(name, physical, "month")
    faults = (
        Fault(field=name, found=f"coalesce(trim({written}), '') = ''", written="''", reason=RejectReason.MISSING),
        Fault(field=name, found=f"({typed}) IS NULL", written=written, reason=RejectReason.WRONG_TYPE),
        Fault(
            field=name,
            found=f"NOT ({typed} BETWEEN DATE '{earliest:%Y-%m-%d}' AND DATE '{latest:%Y-%m-%d}')",
            written=written,
            reason=RejectReason.OUT_OF_RANGE,
        ),
    )
    return TypedColumn(name=name, typed=typed, faults=faults)


def type_short_text(name: str, physical: str, *, longest: int, needed: bool) -> TypedColumn:
    """The SQL for a column of short texts, of whatever type the file holds."""
    if not _kind(physical):
        raise unsuited(name, physical, AttributeType.TEXT)
    text = f'CAST("{name}" AS VARCHAR)'
    missing = Fault(field=name, found=f"coalesce(trim({text}), '') = ''", written="''", reason=RejectReason.MISSING)
    long = Fault(field=name, found=f"length({text}) > {longest}", written=text, reason=RejectReason.OUT_OF_RANGE)
    return TypedColumn(name=name, typed=text, faults=(missing, long) if needed else (long,))


def written_number(physical: str) -> str:
    """The SQL of the number column as text; a spreadsheet's 13800138000.0 is what it means."""
    if physical.startswith(BROKEN):
        return 'CAST(TRY_CAST("msisdn" AS BIGINT) AS VARCHAR)'
    return "nullif(trim(CAST(\"msisdn\" AS VARCHAR)), '')"


def home_mobile(written: str) -> str:
    """The SQL that gives the E.164 digits of a mobile number of the home region, and null for any other."""
    matched = f"regexp_full_match({written}, '{home_mobile_pattern()}')"
    return f"CASE WHEN {matched} THEN CAST('{HOME_CODE}' || right({written}, 11) AS BIGINT) END"


def _from_text(wanted: AttributeType, text: str) -> str:
    match wanted:
        case AttributeType.TEXT:
            return text
        case AttributeType.INTEGER:
            return f"CASE WHEN regexp_full_match({text}, '{INTEGER_PATTERN}') THEN TRY_CAST({text} AS BIGINT) END"
        case AttributeType.NUMBER:
            return (
                f"CASE WHEN regexp_full_match({text}, '{NUMBER_PATTERN}') AND isfinite(TRY_CAST({text} AS DOUBLE)) "
                f"THEN TRY_CAST({text} AS DOUBLE) END"
            )
        case AttributeType.BOOLEAN:
            return (
                f"CASE WHEN lower({text}) IN ('true', 't', '1') THEN true "
                f"WHEN lower({text}) IN ('false', 'f', '0') THEN false END"
            )
        case AttributeType.DATE:
            return (
                f"CASE WHEN regexp_full_match({text}, '{DAY_PATTERN}') AND TRY_CAST({text} AS DATE) "
                f"BETWEEN {DAY_RANGE} THEN TRY_CAST({text} AS DATE) END"
            )


def _from_value(wanted: AttributeType, column: str, physical: str) -> str | None:
    kind = _kind(physical)
    as_moment, as_day = f"CAST({column} AS TIMESTAMP)", f"CAST({column} AS DATE)"
    as_flag = f"CASE {column} WHEN 1 THEN true WHEN 0 THEN false END"
    as_number = f"CASE WHEN isfinite(CAST({column} AS DOUBLE)) THEN CAST({column} AS DOUBLE) END"
    known = {
        (AttributeType.INTEGER, "whole"): f"TRY_CAST({column} AS BIGINT)",
        (
            AttributeType.INTEGER,
            "broken",
        ): f"CASE WHEN {column} = trunc({column}) THEN TRY_CAST({column} AS BIGINT) END",
        (AttributeType.NUMBER, "whole"): as_number,
        (AttributeType.NUMBER, "broken"): as_number,
        (AttributeType.TEXT, "whole"): f"CAST({column} AS VARCHAR)",
        (AttributeType.BOOLEAN, "flag"): column,
        (AttributeType.BOOLEAN, "whole"): as_flag,
        (AttributeType.DATE, "day"): (
            f"CASE WHEN {as_moment} = date_trunc('day', {as_moment}) AND {as_day} BETWEEN {DAY_RANGE} THEN {as_day} END"
        ),
    }
    return known.get((wanted, kind))


def _always_fits(wanted: AttributeType, physical: str) -> bool:
    """Whether every value of a column is one of the attribute's type, so that nobody need look at it."""
    fitting = {
        AttributeType.INTEGER: SMALL_WHOLE,
        AttributeType.NUMBER: SMALL_WHOLE,
        AttributeType.BOOLEAN: ("BOOLEAN",),
    }
    return physical in fitting.get(wanted, ()) or (wanted is AttributeType.TEXT and _kind(physical) == "text")


def _kind(physical: str) -> str:
    """What a column's type in the file is to us; an array or a structure is nothing."""
    if physical.endswith("]"):
        return ""
    families = {"text": TEXTS, "whole": WHOLE, "broken": BROKEN, "day": DAYS, "flag": ("BOOLEAN",)}
    return next((kind for kind, prefixes in families.items() if physical.startswith(prefixes)), "")
