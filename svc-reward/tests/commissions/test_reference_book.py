"""Lines and ledger equal the reference book over random runs of clicks, orders, refunds, ends, locks and settlements."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carillon.reward.v1 import commission_pb2
from carillon_chassis.errors import StateRefused
from svc_reward.domain.calendar_month import month_of

from .desk import COMMISSIONS, MAKER, Desk
from .reference_book import CLICK_CAP_FEN, CLICK_HOLDING_DAYS, ORDER_HOLDING_DAYS, ReferenceBook
from .values import ZONE

NUMBERS: Iterator[int] = count(1)

STEPS = st.one_of(
    st.tuples(st.just("click"), st.integers(1, 3)),
    st.tuples(st.just("order"), st.integers(0, 5)),
    st.tuples(st.just("order"), st.integers(0, 5)),
    st.tuples(st.just("refund"), st.integers(0, 5)),
    st.tuples(st.just("end"), st.just(0)),
    st.tuples(st.just("days"), st.sampled_from([1, 2, 5, 20])),
    st.tuples(st.just("price"), st.just(0)),
    st.tuples(st.just("lock"), st.just(0)),
    st.tuples(st.just("settle"), st.just(0)),
)


async def make_policies(desk: Desk) -> None:
    tier = commission_pb2.Tier
    await desk.policy(
        commission_kind=COMMISSIONS["ad_click"],
        tiers=[tier(volume_from=1, flat_fen=3), tier(volume_from=3, flat_fen=5)],
        monthly_cap_fen=CLICK_CAP_FEN,
        holding_days=CLICK_HOLDING_DAYS,
    )
    await desk.policy(
        tiers=[
            tier(volume_from=1, flat_fen=20, share_myriad=1000),
            tier(volume_from=2, share_myriad=2000),
            tier(volume_from=1, use_months=1, flat_fen=7),
        ],
        holding_days=ORDER_HOLDING_DAYS,
    )


async def walk(desk: Desk, book: ReferenceBook, who: int, token: str, step: tuple[str, int]) -> None:
    """One step, in the service and in the book."""
    match step:
        case ("click", times):
            for _ in range(times):
                await desk.click(token)
                book.click(desk.clock.at)
        case ("order", number):
            amount = 100 + 37 * number
            await desk.order(f"{who}-{number}", f"site-{who}", amount_fen=amount, subscriber_id=who)
            book.order(f"{who}-{number}", amount, desk.clock.at)
        case ("refund", number):
            await desk.refund(f"{who}-{number}")
            book.refund(f"{who}-{number}", desk.clock.at)
        case ("end", _):
            await desk.end(who)
            book.end(desk.clock.at)
        case ("days", days):
            desk.pass_days(days)
        case _:
            await work(desk, book, step[0])


async def work(desk: Desk, book: ReferenceBook, what: str) -> None:
    """What the workers and the operator do."""
    if what == "price":
        await desk.price()
        book.price()
    elif what == "lock":
        await desk.lock()
        book.lock(desk.clock.at)
    else:
        month = month_of(desk.clock.at, ZONE)
        with suppress(StateRefused):
            run = await desk.settle(str(month))
            await desk.approve_run(run.id)
            await desk.pay_run(run.id)
        book.settle(month.ends_before(ZONE))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=3, max_size=30))
async def test_lines_and_ledger_equal_the_reference_book(desk: Desk, steps: list[tuple[str, int]]) -> None:
    who = next(NUMBERS)
    if who == 1:
        await make_policies(desk)
    site = f"site-{who}"
    await desk.register(site, by=MAKER)
    token = await desk.link(site, by=MAKER)
    book = ReferenceBook()
    for step in steps:
        await walk(desk, book, who, token, step)
    await desk.price()
    book.price()
    async with desk.database.read() as unit:
        rows = await unit.driver.fetch(
            "SELECT coalesce(settlement.state, line.state) AS state, sum(amount_fen)::bigint AS fen"
            " FROM commission_line AS line LEFT JOIN settlement ON settlement.id = line.settlement"
            " WHERE affiliate_id = $1 GROUP BY 1",
            site,
        )
    assert {row["state"]: row["fen"] for row in rows} == book.totals()
    totals = book.totals()
    ledger = (await desk.statement(affiliate_id=site, by=MAKER)).ledger
    assert ledger.earned_fen - ledger.owed_fen == totals.get("locked", 0)
    assert (ledger.payable_fen, ledger.paid_fen) == (0, totals.get("paid", 0))
    assert list((await desk.proof()).differing) == []
