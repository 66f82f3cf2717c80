"""Gives the members of a segment as a file, within what the caller may see, and books it; it must not choose attributes."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from pyroaring import BitMap

from carillon_chassis.database import Database
from svc_segment.app.current_base import require_base
from svc_segment.app.get_segment import segment_archived, segment_not_found
from svc_segment.app.small_groups import refuse_small_groups
from svc_segment.app.stream_members import check_attributes, read_version
from svc_segment.domain.attributes import NUMBER_COLUMN, SUBSCRIBER_COLUMN
from svc_segment.domain.export import Exporter, ExportFormat, FileStamp
from svc_segment.domain.numbers import format_number
from svc_segment.domain.segment import Base
from svc_segment.store.engine import Engine
from svc_segment.store.exports import book_export
from svc_segment.store.member_file import MemberFile
from svc_segment.store.memberships import read_as_of
from svc_segment.store.numbers import look_up_numbers
from svc_segment.store.segments import find_segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is asked for; ``version`` is None for the current one."""

    id: uuid.UUID
    segment_id: uuid.UUID
    version: int | None
    format: ExportFormat
    attributes: tuple[str, ...]
    with_msisdn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scoped:
    """Whom the caller gets, from which version of the subscribers, and what the file says of itself."""

    base: Base
    members: BitMap
    stamp: FileStamp


async def export_members(
    database: Database, engine: Engine, export: Export, exporter: Exporter, *, now: datetime
) -> AsyncIterator[bytes]:
    """The file in pieces: ``msisdn`` or ``subscriber_id``, then the attributes, by rising subscriber (SEG-68).

    The day that the membership describes is in the file: CSV has it as the last column ``as_of``, Parquet as metadata.

    A branch's caller gets its own subscribers alone, by the attribute ``branch``. Raises, before the first piece,
    NotFound SEGMENT_NOT_FOUND or VERSION_NOT_FOUND, StateRefused SEGMENT_ARCHIVED, PermissionRefused
    MSISDN_NOT_FOR_ROLE, StateRefused GROUP_TOO_SMALL, InvalidInput ATTRIBUTE_* or BRANCH_UNKNOWN.
    """
    if export.with_msisdn:
        exporter.check_numbers()
    scoped = await _begin(database, engine, export, exporter, now)
    file: MemberFile | None = None
    async for message in engine.stream_members(scoped.base, scoped.members, export.attributes):
        table = await asyncio.to_thread(lambda message=message: pa.ipc.open_stream(message).read_all())  # type: ignore[misc]  # a lambda's default has no type
        if export.with_msisdn:
            table = await _with_numbers(database, table)
        if file is None:
            file = await asyncio.to_thread(MemberFile, export.format, table.schema, scoped.stamp)
        if piece := await asyncio.to_thread(file.write, table):
            yield piece
    if file is None:
        names = (NUMBER_COLUMN if export.with_msisdn else SUBSCRIBER_COLUMN, *export.attributes)
        file = MemberFile(export.format, pa.schema([(name, pa.string()) for name in names]), scoped.stamp)
    yield await asyncio.to_thread(file.end)


async def _begin(database: Database, engine: Engine, export: Export, exporter: Exporter, now: datetime) -> _Scoped:
    async with database.unit_of_work() as unit:
        dictionary, base = await require_base(unit)
        check_attributes(export.attributes, dictionary)
        segment = await find_segment(unit, export.segment_id)
        if segment is None:
            raise segment_not_found(export.segment_id, "segment_id")
        if segment.archived:
            raise segment_archived(segment, "segment_id")
        version = export.version or segment.version
        members = await read_version(unit, segment.id, version, now=now)
        as_of = await read_as_of(unit, segment.id, version)
    scope = exporter.scope(dictionary)
    if scope is not None:
        members = members & await engine.members(base, scope)
    async with database.unit_of_work() as unit:
        # Cut to a branch, a group of a scene may be so small that it is persons.
        await refuse_small_groups(unit, [len(members)], segments=[segment.id])
        await book_export(
            unit,
            export.id,
            exporter,
            segment_id=segment.id,
            version=version,
            format=export.format,
            attributes=export.attributes,
            with_msisdn=export.with_msisdn,
            members=len(members),
            now=now,
        )
    stamp = FileStamp(segment=segment.name, version=version, as_of=as_of)
    return _Scoped(base=base, members=members, stamp=stamp)


async def _with_numbers(database: Database, table: pa.Table) -> pa.Table:
    """Numbers in the place of ids; a life that ended meanwhile has none."""
    ids: Sequence[int] = table[SUBSCRIBER_COLUMN].to_pylist()
    async with database.read() as unit:
        numbers = await look_up_numbers(unit, ids)
    written = [format_number(numbers[one]) if one in numbers else None for one in ids]
    return table.set_column(0, NUMBER_COLUMN, pa.array(written, pa.string()))
