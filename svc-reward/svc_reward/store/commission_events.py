"""Keeps what affiliates brought, until it is priced and after; it must not price it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.domain.commission_pricing import Event, Verdict

INSERT = """
INSERT INTO commission_event (id, affiliate_id, kind, service, token, subscriber_id, amount_fen, occurred_at)
SELECT id, $2, $3, service, $5, $6, $7, occurred_at
FROM unnest($1::text[], $4::text[], $8::timestamptz[]) AS new (id, service, occurred_at)
ON CONFLICT (id) DO NOTHING
"""
INSERT_SETTLED = """
INSERT INTO commission_event (id, affiliate_id, kind, service, token, subscriber_id, amount_fen, occurred_at, outcome,
                              priced_in)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, pg_current_xact_id())
ON CONFLICT (id) DO NOTHING
"""
# Whoever takes events back locks them first, so an event is priced before or after, never in between.
CLAIM = """
SELECT number, affiliate_id, kind, service, subscriber_id, amount_fen, occurred_at
FROM commission_event WHERE outcome = '' ORDER BY number LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
"""
SETTLE = """
UPDATE commission_event SET outcome = new.outcome, commission_fen = new.commission_fen, priced_in = pg_current_xact_id()
FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS new (number, outcome, commission_fen)
WHERE commission_event.number = new.number
"""
LOCK = "SELECT number, outcome FROM commission_event WHERE id = $1 FOR NO KEY UPDATE"
LOCK_USAGE = """
SELECT number FROM commission_event
WHERE kind = 'handling' AND subscriber_id = $1 AND service = $2 ORDER BY number FOR NO KEY UPDATE
"""
FEED = """
SELECT id, kind, service, token, occurred_at, outcome, commission_fen, priced_in::text::bigint AS priced_in, number
FROM commission_event
WHERE affiliate_id = $1 AND (priced_in, number) > ($2::text::xid8, $3::bigint)
  AND priced_in < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY priced_in, number LIMIT $4
"""
# Of two transactions that tell of one order, one waits: a refund is seen by the event or the event by the refund.
ORDER_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('order:' || $1, 0))"
KEEP_REFUND = "INSERT INTO commission_refund (order_id, refunded_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"
IS_REFUNDED = "SELECT EXISTS (SELECT FROM commission_refund WHERE order_id = $1)"
KEEP_END = """
INSERT INTO commission_usage_end (subscriber_id, service, ended_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""
ENDS = """
SELECT subscriber_id, service, ended_at FROM commission_usage_end
WHERE (subscriber_id, service) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """Something that an affiliate brought, before it is priced; its id stands once for ever."""

    id: str
    affiliate_id: str
    kind: CommissionKind
    service: str
    occurred_at: datetime
    token: str = ""
    subscriber_id: int = 0
    amount_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """An event as its affiliate may see it: nobody's number and nobody's ordinal is in it."""

    id: str
    kind: CommissionKind
    service: str
    token: str
    occurred_at: datetime
    outcome: str
    commission_fen: int
    position: tuple[int, int]


def order_event_id(order_id: str) -> str:
    """The id of the event that an order is."""
    return f"order:{order_id}"


async def insert_events(unit: UnitOfWork, events: Sequence[NewEvent]) -> int:
    """Keeps the events of one affiliate and kind, each once; answers how many were new."""
    first = events[0]
    status = await unit.driver.execute(
        INSERT,
        [event.id for event in events],
        first.affiliate_id,
        str(first.kind),
        [event.service for event in events],
        first.token,
        first.subscriber_id,
        first.amount_fen,
        [event.occurred_at for event in events],
    )
    return int(status.rsplit(" ", 1)[1])


async def insert_worthless(unit: UnitOfWork, event: NewEvent, *, outcome: str) -> None:
    """Keeps an event that earns nothing, with the reason."""
    await unit.driver.execute(
        INSERT_SETTLED,
        event.id,
        event.affiliate_id,
        str(event.kind),
        event.service,
        event.token,
        event.subscriber_id,
        event.amount_fen,
        event.occurred_at,
        outcome,
    )


async def claim_unpriced(unit: UnitOfWork, limit: int) -> list[Event]:
    """The oldest events that nobody has priced or is pricing."""
    kinds = {str(kind): kind for kind in CommissionKind}
    rows = await unit.driver.fetch(CLAIM, limit)
    return [Event(row[0], row[1], kinds[row[2]], row[3], row[4], row[5], row[6]) for row in rows]


async def settle_events(unit: UnitOfWork, verdicts: Sequence[Verdict]) -> None:
    """Writes what became of events that are claimed."""
    await unit.driver.execute(SETTLE, *map(list, zip(*verdicts, strict=True)))


async def lock_event(unit: UnitOfWork, event_id: str) -> tuple[int, str] | None:
    """Its number and outcome, held until the transaction ends; None when there is no such event."""
    row = await unit.driver.fetchrow(LOCK, event_id)
    return None if row is None else (row["number"], row["outcome"])


async def lock_usage(unit: UnitOfWork, *, subscriber_id: int, service: str) -> list[int]:
    """The numbers of the handlings of a service for a subscriber, held until the transaction ends."""
    return [row["number"] for row in await unit.driver.fetch(LOCK_USAGE, subscriber_id, service)]


async def list_events(unit: UnitOfWork, *, affiliate_id: str, after: tuple[int, int], limit: int) -> list[ToldEvent]:
    """Priced events after a position that no running transaction can still precede."""
    rows = await unit.driver.fetch(FEED, affiliate_id, str(after[0]), after[1], limit)
    return [
        ToldEvent(
            id=row["id"],
            kind=CommissionKind(row["kind"]),
            service=row["service"],
            token=row["token"],
            occurred_at=row["occurred_at"],
            outcome=row["outcome"],
            commission_fen=row["commission_fen"],
            position=(row["priced_in"], row["number"]),
        )
        for row in rows
    ]


async def hold_order(unit: UnitOfWork, order_id: str) -> None:
    """Lets one transaction at a time tell of an order."""
    await unit.driver.execute(ORDER_LOCK, order_id)


async def keep_refund(unit: UnitOfWork, order_id: str, *, at: datetime) -> None:
    """Remembers a refund, for an event that may come later."""
    await unit.driver.execute(KEEP_REFUND, order_id, at)


async def is_refunded(unit: UnitOfWork, order_id: str) -> bool:
    """Whether a refund of that order was told."""
    return bool(await unit.driver.fetchval(IS_REFUNDED, order_id))


async def keep_usage_end(unit: UnitOfWork, *, subscriber_id: int, service: str, at: datetime) -> None:
    """Remembers that a subscriber uses a service no more."""
    await unit.driver.execute(KEEP_END, subscriber_id, service, at)


async def usage_ends(unit: UnitOfWork, events: Iterable[Event]) -> dict[tuple[int, str], list[datetime]]:
    """When the subscribers of these handlings have ended using them, if they have."""
    wanted = {
        (event.subscriber_id, event.service)
        for event in events
        if event.kind is CommissionKind.HANDLING and event.subscriber_id
    }
    ends: dict[tuple[int, str], list[datetime]] = {}
    if wanted:
        subscribers, services = zip(*wanted, strict=True)
        for row in await unit.driver.fetch(ENDS, list(subscribers), list(services)):
            ends.setdefault((row["subscriber_id"], row["service"]), []).append(row["ended_at"])
    return ends
