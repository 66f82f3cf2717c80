"""Writes how a load ended; it must not end one twice."""

from collections.abc import Sequence
from dataclasses import replace

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.snapshot import Counts, Reject, Snapshot, SnapshotState
from svc_segment.store.snapshot_file import CheckedFile
from svc_segment.store.snapshots import lock_snapshot, save_rejects, save_state


async def end_snapshot(unit: UnitOfWork, snapshot: Snapshot) -> None:
    """Writes a snapshot's end; raises StateRefused SNAPSHOT_STATE for one that has ended already."""
    current = await lock_snapshot(unit, snapshot.id)
    if current is not None:
        current.check_move(snapshot.state)
        await save_state(unit, snapshot)


async def end_loaded(
    unit: UnitOfWork, snapshot: Snapshot, checked: CheckedFile, *, strangers: int = 0, notices: Sequence[str] = ()
) -> None:
    """Writes that the good rows are in, with the others by row and reason, in the intake's own transaction."""
    await end_counted(
        unit,
        snapshot,
        checked.rejects,
        rows=checked.read,
        accepted=checked.accepted,
        strangers=strangers,
        notices=notices,
    )


async def end_counted(
    unit: UnitOfWork,
    snapshot: Snapshot,
    rejects: Sequence[Reject],
    *,
    rows: int,
    accepted: int,
    strangers: int = 0,
    notices: Sequence[str] = (),
) -> None:
    """The same by the counts themselves."""
    counts = Counts(rows=rows, accepted=accepted, rejected=len(rejects))
    await save_rejects(unit, snapshot.id, rejects)
    loaded = replace(
        snapshot,
        state=SnapshotState.LOADED,
        counts=counts,
        rows_done=rows,
        strangers=strangers,
        notice="; ".join(notices),
    )
    await end_snapshot(unit, loaded)
