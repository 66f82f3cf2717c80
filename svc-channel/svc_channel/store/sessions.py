"""Sessions read and written a batch at a time; runs no menu."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.sessions.state import Screen, SessionState
from svc_channel.domain.sessions.turn import Session

# A sweep that takes more would hold its locks for long; the next one takes the rest.
ROWS_A_SWEEP: Final = 10_000
# Where the digests of its past keys stand beside a session's packed state.
PAST: Final = "past"

FETCH = """
SELECT s.channel, s.peer, s.number, s.id, s.menu, s.state, s.version, s.last_turn, s.screen, s.ended, s.live_until,
       s.kept_until
FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS k (channel, peer)) AS k
JOIN session AS s USING (channel, peer)
"""

# A row that another replica wrote meanwhile has another version: it stays, does not come back, and the turn is taken
# again from what it is now.
WRITE = """
INSERT INTO session AS s
    (channel, peer, number, id, menu, state, version, last_turn, screen, ended, live_until, kept_until)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::text[],
                     $9::text[], $10::boolean[], $11::timestamptz[], $12::timestamptz[])
ON CONFLICT (channel, peer, number) DO UPDATE SET
    id = excluded.id, menu = excluded.menu, state = excluded.state, version = excluded.version,
    last_turn = excluded.last_turn, screen = excluded.screen, ended = excluded.ended,
    live_until = excluded.live_until, kept_until = excluded.kept_until
WHERE s.version = excluded.version - 1
RETURNING s.channel, s.peer, s.number
"""

END = """
UPDATE session AS s SET ended = true
FROM unnest($1::text[], $2::text[], $3::text[]) AS k (channel, peer, number)
WHERE (s.channel, s.peer, s.number) = (k.channel, k.peer, k.number)
"""

FORGET = "DELETE FROM session WHERE ctid IN (SELECT ctid FROM session WHERE kept_until < $1 LIMIT $2)"


async def fetch_sessions(unit: UnitOfWork, peers: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[Session]]:
    """All kept sessions of these (channel, peer)."""
    rows = await unit.driver.fetch(FETCH, [channel for channel, _ in peers], [peer for _, peer in peers])
    found: dict[tuple[str, str], list[Session]] = {}
    for row in rows:
        packed = json.loads(row["state"])
        state = SessionState.unpack(packed)
        session = Session(
            channel=row["channel"],
            peer=row["peer"],
            number=row["number"],
            id=row["id"],
            menu=row["menu"],
            state=state,
            version=row["version"],
            last_turn=row["last_turn"],
            screen=Screen(text=row["screen"], ends=row["ended"], play=state.play),
            live_until=row["live_until"],
            kept_until=row["kept_until"],
            past=tuple(packed.get(PAST, ())),
        )
        found.setdefault((session.channel, session.peer), []).append(session)
    return found


async def write_sessions(unit: UnitOfWork, sessions: Sequence[Session]) -> set[tuple[str, str, str]]:
    """Writes sessions, each place once; answers the places written: the others changed meanwhile and stand."""
    # In one order for every replica, so that two batches never wait for each other in a ring.
    ordered = sorted(sessions, key=lambda one: (one.channel, one.peer, one.number))
    rows = await unit.driver.fetch(
        WRITE,
        [one.channel for one in ordered],
        [one.peer for one in ordered],
        [one.number for one in ordered],
        [one.id for one in ordered],
        [one.menu for one in ordered],
        [_packed(one) for one in ordered],
        [one.version for one in ordered],
        [one.last_turn for one in ordered],
        [one.screen.text for one in ordered],
        [one.screen.ends for one in ordered],
        [one.live_until for one in ordered],
        [one.kept_until for one in ordered],
    )
    return {(row["channel"], row["peer"], row["number"]) for row in rows}


def _packed(session: Session) -> str:
    """State and past keys as one text."""
    past = {PAST: list(session.past)} if session.past else {}
    return json.dumps({**session.state.pack(), **past}, ensure_ascii=False, separators=(",", ":"))


async def end_sessions(unit: UnitOfWork, places: Sequence[tuple[str, str, str]]) -> None:
    """Ends sessions that others go on from, so that nobody resumes them twice."""
    if places:
        columns = ([place[at] for place in places] for at in range(3))
        await unit.driver.execute(END, *columns)


async def forget_sessions(unit: UnitOfWork, *, now: datetime) -> int:
    """Drops what can no longer be resumed; how many rows."""
    status = await unit.driver.execute(FORGET, now, ROWS_A_SWEEP)
    return int(status.rsplit(" ", 1)[-1])
