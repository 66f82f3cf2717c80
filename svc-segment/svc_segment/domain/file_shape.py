"""Says which columns a file of each kind may have and what becomes of them; it must not read a file."""

from collections.abc import Sequence
from dataclasses import dataclass

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import ENDED_COLUMN, NUMBER_COLUMN, Attribute, AttributeType, Dictionary
from svc_segment.domain.list_kind import MONTH_COLUMN, PLAIN, ListKind
from svc_segment.domain.snapshot import SnapshotKind

TYPE_COLUMN = "type"
MOMENT_COLUMN = "at"
PLAIN_LIST = ListKind(code=PLAIN)
MEASURE_TYPES = frozenset({AttributeType.INTEGER, AttributeType.NUMBER})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShape:
    """What the loader makes of a file: ``values`` by type in the order of the file, and what each row must be.

    ``once``: a number has one row, or one a month where the rows are ``dated`` by the column ``month``. ``events``: a row has the texts ``type`` and the time ``at`` beside its values.
    ``ends``: a row with a day in ``ended_on`` says that the life of its number's holder ended.
    """

    values: Dictionary
    once: bool = True
    events: bool = False
    ends: bool = False
    dated: bool = False


def shape_file(
    kind: SnapshotKind,
    columns: Sequence[str],
    said: Sequence[Attribute],
    known: Dictionary,
    list_kind: ListKind = PLAIN_LIST,
) -> FileShape:
    """The shape of a file, or InvalidInput for one that can't be loaded at all.

    ``known`` are the attributes, or the measures of usage; ``list_kind`` is what a list is. SNAPSHOT_COLUMN_TWICE, SNAPSHOT_NUMBER_MISSING (no
    ``msisdn``), SNAPSHOT_COLUMN_MISSING (the dictionary of the upload names a column that the file lacks, events
    lack type or at, or a list what its kind needs), SNAPSHOT_COLUMN_UNKNOWN (neither known nor said), MEASURE_TYPE, ATTRIBUTE_NAME, and
    ATTRIBUTE_TYPE_CHANGED (Conflict) for a type that stands otherwise.
    """
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise _refused("SNAPSHOT_COLUMN_TWICE", twice, "the file has two columns of one name")
    if NUMBER_COLUMN not in columns:
        raise _refused("SNAPSHOT_NUMBER_MISSING", [NUMBER_COLUMN], "the file has no column of numbers")
    missing = [attribute.name for attribute in said if attribute.name not in columns]
    if missing:
        raise _refused("SNAPSHOT_COLUMN_MISSING", missing, "the dictionary names columns that the file does not have")
    match kind:
        case SnapshotKind.SUBSCRIBERS:
            ends = ENDED_COLUMN in columns
            return FileShape(values=_described(columns, said, known, {NUMBER_COLUMN, ENDED_COLUMN}), ends=ends)
        case SnapshotKind.USAGE:
            return FileShape(values=_measured(columns, said, known))
        case SnapshotKind.EVENTS:
            return FileShape(values=_of_events(columns, said), once=False, events=True)
        case SnapshotKind.CELLS:
            raise ValueError("a file of cells has no subscribers and no shape of theirs")
        case SnapshotKind.LIST:
            return _of_list(columns, said, list_kind)


def _described(columns: Sequence[str], said: Sequence[Attribute], known: Dictionary, own: set[str]) -> Dictionary:
    dictionary = known.extended_by(said)
    unknown = [column for column in columns if column not in own and column not in dictionary]
    if unknown:
        raise _refused(
            "SNAPSHOT_COLUMN_UNKNOWN",
            unknown,
            "the file has columns that no attribute describes; send their type, unit and description as dictionary",
        )
    return Dictionary(dictionary[column] for column in columns if column not in own)


def _measured(columns: Sequence[str], said: Sequence[Attribute], known: Dictionary) -> Dictionary:
    measures = _described(columns, said, known, {NUMBER_COLUMN})
    wrong = [one.name for one in measures.values() if one.type not in MEASURE_TYPES]
    if wrong:
        raise _refused("MEASURE_TYPE", wrong, "measures of usage are integers or numbers")
    if not measures:
        raise _refused("SNAPSHOT_COLUMN_MISSING", [NUMBER_COLUMN], "the file measures nothing beside")
    return measures


def _of_events(columns: Sequence[str], said: Sequence[Attribute]) -> Dictionary:
    missing = [column for column in (TYPE_COLUMN, MOMENT_COLUMN) if column not in columns]
    if missing:
        raise _refused("SNAPSHOT_COLUMN_MISSING", missing, "each event has msisdn, type and at; the file lacks")
    return _free(columns, said, {NUMBER_COLUMN, TYPE_COLUMN, MOMENT_COLUMN})


def _of_list(columns: Sequence[str], said: Sequence[Attribute], kind: ListKind) -> FileShape:
    missing = [column.name for column in kind.columns if column.name not in columns]
    if missing:
        raise _refused(
            "SNAPSHOT_COLUMN_MISSING", missing, f"a list of the kind {kind.code} has columns that this lacks"
        )
    dated = kind.monthly and MONTH_COLUMN in columns
    own = {NUMBER_COLUMN, *((MONTH_COLUMN,) if dated else ())}
    told = {attribute.name for attribute in said}
    typed = [kind.column(column) for column in columns if column not in own | told]
    return FileShape(values=_free(columns, [*said, *typed], own), once=not kind.several, dated=dated)


def _free(columns: Sequence[str], said: Sequence[Attribute], own: set[str]) -> Dictionary:
    """Columns of any name: texts, where the upload's dictionary does not say otherwise."""
    told = {attribute.name: attribute for attribute in said}
    return Dictionary(
        told.get(column) or Attribute(name=column, type=AttributeType.TEXT) for column in columns if column not in own
    )


def _refused(reason: str, columns: Sequence[str], what: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=columns[0], detail=f"{what}: {', '.join(columns)}")
