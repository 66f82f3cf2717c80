"""Books an uploaded file and the job that loads it; it must not load."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.jobs import enqueue
from svc_segment.domain.attributes import Attribute
from svc_segment.domain.snapshot import Snapshot, SnapshotState
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.snapshots import find_file, insert_snapshot

LOAD_SNAPSHOT = "load_snapshot"


async def check_upload(unit: UnitOfWork, said: Sequence[Attribute]) -> None:
    """Refuses an upload before its bytes come, when its dictionary changes a type or says one name twice."""
    names = [attribute.name for attribute in said]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InvalidInput(
            reason="ATTRIBUTE_TWICE", field=f"dictionary.{twice}", detail=f"the dictionary has '{twice}' twice"
        )
    (await read_dictionary(unit)).extended_by(said)


async def receive_snapshot(
    unit: UnitOfWork,
    *,
    snapshot_id: uuid.UUID,
    kind: str,
    as_of: date,
    file_name: str,
    sha256: str,
    said: Sequence[Attribute],
    now: datetime,
) -> Snapshot:
    """The new snapshot, or the one that the same file made before: a second upload changes nothing.

    A file that failed may come again, for instance with the dictionary that it lacked.
    """
    snapshot = Snapshot(
        id=snapshot_id,
        state=SnapshotState.RECEIVED,
        kind=kind,
        as_of=as_of,
        file_name=file_name,
        sha256=sha256,
        dictionary=tuple(said),
    )
    if await insert_snapshot(unit, snapshot, received_at=now):
        await enqueue(unit, LOAD_SNAPSHOT, snapshot_id.bytes, key=f"{LOAD_SNAPSHOT}:{snapshot_id}")
        return snapshot
    return await find_file(unit, sha256) or snapshot
