"""Books an uploaded file and the job that loads it; it must not load."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.jobs import enqueue
from svc_segment.domain.list_kind import find_kind
from svc_segment.domain.snapshot import Snapshot, SnapshotKind
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.history import read_measures
from svc_segment.store.reference import shipped_list_kinds
from svc_segment.store.snapshots import find_same_file, insert_snapshot

LOAD_SNAPSHOT = "load_snapshot"


async def check_upload(unit: UnitOfWork, snapshot: Snapshot) -> None:
    """Refuses an upload before its bytes come, when its dictionary changes a type or says one name twice.

    Raises InvalidInput LIST_KIND_UNKNOWN for a kind of list that there is not.
    """
    names = [attribute.name for attribute in snapshot.dictionary]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise InvalidInput(
            reason="ATTRIBUTE_TWICE", field=f"dictionary.{twice}", detail=f"the dictionary has '{twice}' twice"
        )
    find_kind(shipped_list_kinds(), snapshot.list_kind)
    if snapshot.kind is SnapshotKind.SUBSCRIBERS:
        (await read_dictionary(unit)).extended_by(snapshot.dictionary)
    elif snapshot.kind is SnapshotKind.USAGE:
        (await read_measures(unit)).extended_by(snapshot.dictionary)


async def receive_snapshot(unit: UnitOfWork, snapshot: Snapshot, *, now: datetime) -> Snapshot:
    """The new snapshot, or the one that the same file made before: a second upload changes nothing.

    A file that failed may come again, for instance with the dictionary that it lacked; so may one that another took
    the place of, for the same month or the same list.
    """
    if await insert_snapshot(unit, snapshot, received_at=now):
        await enqueue(unit, LOAD_SNAPSHOT, snapshot.id.bytes, key=f"{LOAD_SNAPSHOT}:{snapshot.id}")
        return snapshot
    return await find_same_file(unit, snapshot) or snapshot
