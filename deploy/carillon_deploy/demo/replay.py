"""The demo's seventh stage: what the customers of the data really did, told through the routes a subscriber has."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus

from carillon_deploy.demo.campaigning import SENDER, SERVICE, VISIT
from carillon_deploy.demo.dataset import HOLDOUT, Customer
from carillon_deploy.demo.handsets import answer_by_mo, find_token, received_texts
from carillon_deploy.demo.loop import Loop, wait_for
from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import patiently

# Requests in flight: enough for two cores, below what would only queue in the gateway.
AT_ONCE = 16
EVENTS_A_CALL = 1000
# Every fiftieth visitor answers twice, by both routes: a response counts once however often it comes.
TWICE_EVERY = 50
ARRIVAL_LIMIT_SECONDS = 60.0


async def replay_outcome(loop: Loop) -> str:
    """Stage 7: answers by MO and by link, the hold-out's visits as events, conversions as confirmed orders."""
    visitors = loop.contacted_visitors()
    by_mo = [visitor for ordinal, visitor in enumerate(visitors) if ordinal % 2 == 0 or ordinal % TWICE_EVERY == 1]
    by_link = [visitor for ordinal, visitor in enumerate(visitors) if ordinal % 2 == 1]
    tokens = await asyncio.to_thread(_tokens, loop, by_link)
    await answer_by_mo(loop.control, ((visitor.msisdn.removeprefix("+"), SENDER, "Y") for visitor in by_mo))
    began = time.monotonic()
    await each(by_link, lambda visitor: _follow_link(loop, tokens[visitor.msisdn]))
    clicked = time.monotonic()
    told = await _tell_events(loop, [c for c in loop.customers if c.visited and c.arm == HOLDOUT])
    buyers = [customer for customer in loop.customers if customer.converted]
    ordering = time.monotonic()
    await each(buyers, lambda buyer: _order(loop, buyer))
    ordered = time.monotonic()

    async def responded() -> int:
        return sum(arm["responded"] for arm in (await loop.fetch_report())["arms"])

    async def converted() -> int:
        return sum(arm["converted"] for arm in (await loop.fetch_report())["arms"])

    expected = sum(arm.responded for arm in loop.expected)
    await wait_for("responses", expected, responded, limit_seconds=ARRIVAL_LIMIT_SECONDS)
    await wait_for("conversions", len(buyers), converted, limit_seconds=ARRIVAL_LIMIT_SECONDS)
    clicks = f"{len(by_link):,} clicks in {clicked - began:.1f} s"
    orders = f"{len(buyers):,} orders confirmed in {ordered - ordering:.1f} s"
    return f"{len(by_mo):,} MOs, {clicks}, {told:,} events, {orders}"


async def each(customers: Sequence[Customer], act: Callable[[Customer], Awaitable[None]]) -> None:
    """Acts for every customer, AT_ONCE at a time; the first failure ends it."""
    waiting = iter(customers)

    async def work() -> None:
        for customer in waiting:
            await act(customer)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())


def _tokens(loop: Loop, visitors: Sequence[Customer]) -> dict[str, str]:
    """Each visitor's link token, read from the text on its handset."""
    digits = {visitor.msisdn: visitor.msisdn.removeprefix("+") for visitor in visitors}
    texts = received_texts(loop.journal, frozenset(digits.values()))
    tokens = {}
    for visitor in visitors:
        token = find_token(texts.get(digits[visitor.msisdn], ()))
        if token is None:
            msg = f"no handset of the {visitor.arm} arm may be without a link; see {loop.journal}"
            raise CommandError(msg)
        tokens[visitor.msisdn] = token
    return tokens


async def _follow_link(loop: Loop, token: str) -> None:
    """Taps the tracked link as a handset's browser does."""
    response = await patiently("GET /r/...", lambda: loop.http.get(f"/r/{token}"))
    if response.status_code != HTTPStatus.FOUND:
        msg = f"GET /r/... answered {response.status_code}, not 302"
        raise CommandError(msg)


async def _tell_events(loop: Loop, visitors: Sequence[Customer]) -> int:
    """Tells visits as the portal sees them, in batches."""
    told = 0
    for start in range(0, len(visitors), EVENTS_A_CALL):
        at = datetime.now(UTC).isoformat()
        batch = visitors[start : start + EVENTS_A_CALL]
        events = [{"msisdn": visitor.msisdn, "type": VISIT, "at": at} for visitor in batch]
        answer = await loop.portal.post("/api/v1/events", events)
        if answer["rejected"]:
            msg = f"{len(answer['rejected'])} events were rejected, first {answer['rejected'][0]}"
            raise CommandError(msg)
        told += int(answer["accepted"])
    return told


async def _order(loop: Loop, buyer: Customer) -> None:
    """Orders the service with the spend of the data, and confirms it."""
    order = await loop.portal.post(
        "/api/v1/orders",
        {
            "msisdn": buyer.msisdn,
            "service": SERVICE,
            "amount": {"amount_fen": buyer.spend_fen},
            "source": {"touchpoint": "portal"},
        },
    )
    confirmed = await loop.portal.post(f"/api/v1/orders/{order['id']}/confirm")
    if confirmed["state"] != "active":
        msg = f"order {order['id']} is {confirmed['state']} after its confirmation, not active"
        raise CommandError(msg)
