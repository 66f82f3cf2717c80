"""Shapes and caps as tables, and the counting ones against a model in whatever order deeds are told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.activity import Activity, ActivityKind, Deed, event_activity
from svc_reward.domain.grant_decision import Known, Verdict, decide_shares, within_caps
from svc_reward.domain.grant_period import EVER, FAR_FUTURE, Period, Span, span_of
from svc_reward.domain.grant_rule import GrantTerms, Payee
from svc_reward.domain.grant_shape import GrantShape, ShapeKind, ShareTier, run_lengths
from svc_reward.domain.reward import Reward, RewardKind
from svc_reward.domain.reward_offer import RewardOffer

from .grant_shape_model import send_some_get_some, streaks

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 1, 12, tzinfo=UTC)
POINTS = Reward(kind=RewardKind.CURRENCY, amount=1, currency="campus_points")
ORDER = Activity(
    source="order:o-1",
    kind=ActivityKind.ORDER,
    subscriber_id=7,
    type="",
    service="CRBT",
    amount_fen=1999,
    quantity=1,
    at=START,
)
SEND_2_GET_1 = GrantShape(
    kind=ShapeKind.TIERED,
    period=Period.MONTH,
    tiers=(ShareTier(per=2, shares=1), ShareTier(quantity_from=10, per=2, shares=2)),
)


def terms(shape: GrantShape, **values: object) -> GrantTerms:
    standard = {
        "name": "rule",
        "trigger": ActivityKind.ORDER,
        "event_types": (),
        "services": (),
        "payee": Payee.SUBSCRIBER,
        "shape": shape,
        "offer": RewardOffer(rewards=(POINTS,)),
        "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        "valid_to": None,
    }
    return GrantTerms(**(standard | values))  # type: ignore[arg-type]  # keywords by name


def deed(days: float = 0, service: str = "CRBT", quantity: int = 1) -> Deed:
    return Deed(START + timedelta(days=days), service, quantity)


@pytest.mark.parametrize(
    ("step_fen", "amount_fen", "shares"),
    [(100, 1999, 19), (100, 99, 0), (100, 100, 1), (1, 10**11, 1_000_000), (2000, 1999, 0)],
)
def test_per_spend_pays_full_steps_and_forgets_the_rest(step_fen: int, amount_fen: int, shares: int) -> None:
    shape = GrantShape(kind=ShapeKind.PER_SPEND, step_fen=step_fen)
    spent = Activity(**{name: getattr(ORDER, name) for name in ORDER.__slots__} | {"amount_fen": amount_fen})
    assert shape.earned_alone(spent) == shares


@pytest.mark.parametrize(("quantity", "shares"), [(1, 0), (2, 1), (3, 1), (4, 2), (9, 4), (10, 10), (11, 10), (12, 12)])
def test_send_2_get_1_and_who_sends_more_gets_a_larger_gift(quantity: int, shares: int) -> None:
    """RWD-40."""
    assert SEND_2_GET_1.due([deed(quantity=quantity)], ZONE) == shares
    assert SEND_2_GET_1.due([deed() for _ in range(quantity)], ZONE) == shares


@pytest.mark.parametrize(
    ("services", "uses", "shares"), [(1, 1, 0), (2, 2, 1), (1, 9, 0), (3, 3, 1), (3, 5, 4), (5, 20, 4)]
)
def test_tiers_are_by_number_of_services_and_by_frequency(services: int, uses: int, shares: int) -> None:
    """RWD-20."""
    tiers = (ShareTier(services_from=2, shares=1), ShareTier(services_from=3, uses_from=5, shares=4))
    shape = GrantShape(kind=ShapeKind.TIERED, period=Period.MONTH, tiers=tiers)
    deeds = [deed(service=f"S{number % services}") for number in range(uses)]
    assert shape.due(deeds, ZONE) == shares


def test_a_day_begins_where_the_operator_is() -> None:
    """RWD-26. 16:30 UTC is the next day in Shanghai."""
    shape = GrantShape(kind=ShapeKind.STREAK, streak=2, period=Period.DAY)
    evening = datetime(2026, 11, 1, 15, 30, tzinfo=UTC)
    assert shape.due([Deed(evening, "", 1), Deed(evening + timedelta(hours=1), "", 1)], ZONE) == 1
    assert shape.due([Deed(evening, "", 1), Deed(evening + timedelta(minutes=1), "", 1)], ZONE) == 0


def test_months_in_a_row_go_over_the_year() -> None:
    shape = GrantShape(kind=ShapeKind.STREAK, streak=3, period=Period.MONTH)
    months = [
        datetime(2026, 11, 9, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 31, 8, tzinfo=UTC),
    ]
    assert shape.due([Deed(at, "", 1) for at in months], ZONE) == 1
    assert shape.due([Deed(at, "", 1) for at in months[1:]], ZONE) == 0


def test_runs_are_found_in_any_order() -> None:
    assert run_lengths([5, 1, 2, 9, 6, 3]) == [3, 2, 1]
    assert run_lengths([]) == []


DEEDS = st.lists(
    st.builds(deed, days=st.integers(0, 25), service=st.sampled_from("ABC"), quantity=st.integers(1, 7)), max_size=30
)


@given(deeds=DEEDS, length=st.integers(2, 5))
def test_streaks_are_those_of_the_calendar(deeds: list[Deed], length: int) -> None:
    shape = GrantShape(kind=ShapeKind.STREAK, streak=length, period=Period.DAY)
    assert shape.due(deeds, ZONE) == streaks(deeds, length, ZONE)


TIERS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.integers(1, 5)), min_size=1, max_size=4)


@given(deeds=DEEDS, tiers=TIERS)
def test_volume_gifts_are_those_counted_piece_by_piece(deeds: list[Deed], tiers: list[tuple[int, int, int]]) -> None:
    made = tuple(ShareTier(quantity_from=start, per=per, shares=shares) for start, per, shares in tiers)
    shape = GrantShape(kind=ShapeKind.TIERED, tiers=made)
    assert shape.due(deeds, ZONE) == send_some_get_some(sum(one.quantity for one in deeds), tiers)


SHAPES = st.one_of(
    st.builds(GrantShape, kind=st.just(ShapeKind.STREAK), streak=st.integers(2, 4), period=st.just(Period.DAY)),
    st.builds(
        lambda tiers: GrantShape(
            kind=ShapeKind.TIERED,
            tiers=tuple(ShareTier(quantity_from=start, per=per, shares=shares) for start, per, shares in tiers),
        ),
        TIERS,
    ),
    st.builds(
        lambda services, uses: GrantShape(
            kind=ShapeKind.TIERED, tiers=(ShareTier(services_from=services, uses_from=uses, shares=3),)
        ),
        st.integers(1, 3),
        st.integers(0, 9),
    ),
)


@given(shape=SHAPES, deeds=DEEDS, shuffled=st.randoms())
def test_deeds_told_in_any_order_come_to_the_same(shape: GrantShape, deeds: list[Deed], shuffled: object) -> None:
    """Each deed earns what is due with it and was not decided before; the sum is what all are due."""
    told = list(deeds)
    shuffled.shuffle(told)  # type: ignore[attr-defined]  # hypothesis has a random
    decided = 0
    for number in range(1, len(told) + 1):
        known = Known(deeds=told[:number], decided=decided)
        decided += decide_shares(terms(shape), ORDER, known, ZONE).shares
    assert decided == (shape.due(deeds, ZONE) if deeds else 0)


def test_a_first_deed_is_one_that_none_was_before() -> None:
    """RWD-38."""
    rule = terms(GrantShape(kind=ShapeKind.FIRST))
    assert rule.once
    assert decide_shares(rule, ORDER, Known(deeds=[deed()]), ZONE) == Verdict(shares=1)
    assert decide_shares(rule, ORDER, Known(deeds=[deed(), deed(-400)]), ZONE) == Verdict(shares=0)
    assert decide_shares(rule, ORDER, Known(deeds=[deed()], decided=1), ZONE) == Verdict(shares=0)


@pytest.mark.parametrize(
    ("owner_has", "all_have", "shares", "reason"),
    [
        (0, 0, 3, ""),
        (3, 0, 2, ""),
        (5, 0, 3, "OWNER_CAP"),
        (0, 99, 1, ""),
        (0, 100, 3, "TOTAL_CAP"),
        (7, 99, 3, "OWNER_CAP"),
    ],
)
def test_a_cap_leaves_what_is_left_of_it(owner_has: int, all_have: int, shares: int, reason: str) -> None:
    rule = terms(GrantShape(kind=ShapeKind.FLAT), owner_cap=5, total_cap=100)
    verdict = within_caps(rule, 3, owner_has=owner_has, all_have=all_have)
    assert verdict == Verdict(shares=shares, reason=reason)


def test_what_can_not_be_given_at_once_is_cut_to_what_can() -> None:
    prize = Reward(kind=RewardKind.PRIZE, amount=30, prize="doll")
    rule = terms(GrantShape(kind=ShapeKind.PER_QUANTITY), offer=RewardOffer(rewards=(prize,)))
    many = Activity(**{name: getattr(ORDER, name) for name in ORDER.__slots__} | {"quantity": 50})
    assert decide_shares(rule, many, Known(), ZONE).shares == 3


@pytest.mark.parametrize(
    ("period", "span"),
    [
        (Period.DAY, Span(datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 1, 16, tzinfo=UTC))),
        (Period.MONTH, Span(datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC))),
        (Period.RULE, EVER),
    ],
)
def test_spans_are_days_and_months_of_the_operator(period: Period, span: Span) -> None:
    assert span_of(period, START, ZONE, within=EVER) == span
    assert span_of(period, START, ZONE, within=Span(START, FAR_FUTURE)).start == START


@pytest.mark.parametrize(
    "values",
    [
        {"kind": ShapeKind.PER_SPEND},
        {"kind": ShapeKind.FLAT, "step_fen": 100},
        {"kind": ShapeKind.TIERED},
        {"kind": ShapeKind.STREAK, "period": Period.DAY},
        {"kind": ShapeKind.STREAK, "streak": 3},
        {"kind": ShapeKind.STREAK, "streak": 367, "period": Period.DAY},
        {"kind": ShapeKind.FIRST, "streak": 3},
    ],
)
def test_a_shape_without_what_it_needs_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        GrantShape(**values)  # type: ignore[arg-type]  # keywords by name
    assert refused.value.reason == "SHAPE_INVALID"


@pytest.mark.parametrize("values", [{}, {"uses_from": -1}, {"per": 2, "shares": 0}])
def test_a_tier_that_everybody_has_reached_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(InvalidInput):
        ShareTier(**values)


@pytest.mark.parametrize(
    ("attributes", "quantity", "amount_fen", "service"),
    [
        ({}, 1, 0, ""),
        ({"quantity": "12", "amount_fen": "300", "service": "MMS"}, 12, 300, "MMS"),
        ({"quantity": "-3", "amount_fen": "1.5"}, 1, 0, ""),
        ({"quantity": "0", "service": "x" * 65}, 1, 0, ""),
        ({"quantity": "9" * 30}, 1, 0, ""),
        ({"quantity": "１２"}, 1, 0, ""),  # noqa: RUF001 -- digits of another script are no number here
    ],
)
def test_what_an_event_says_badly_counts_as_not_said(
    attributes: dict[str, str], quantity: int, amount_fen: int, service: str
) -> None:
    activity = event_activity(subscriber_id=7, type="mms_sent", at=START, attributes=attributes)
    assert (activity.quantity, activity.amount_fen, activity.service) == (quantity, amount_fen, service)


def test_events_that_differ_in_anything_are_different_deeds() -> None:
    one = event_activity(subscriber_id=7, type="used", at=START, attributes={"a": "1", "b": "2"})
    assert one == event_activity(subscriber_id=7, type="used", at=START, attributes={"b": "2", "a": "1"})
    others = [
        event_activity(subscriber_id=8, type="used", at=START, attributes={"a": "1", "b": "2"}),
        event_activity(subscriber_id=7, type="used", at=START, attributes={"a": "1"}),
        event_activity(subscriber_id=7, type="used", at=START + timedelta(seconds=1), attributes={"a": "1", "b": "2"}),
    ]
    assert one.source not in {other.source for other in others}
