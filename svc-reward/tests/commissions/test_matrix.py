"""The matrix that ships, the calendar and the pricing rules, as tables (RWD-11..RWD-19, A-22); no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.affiliate import AffiliateKind
from svc_reward.domain.calendar_month import CalendarMonth, add_months, month_of, parse_month
from svc_reward.domain.commission_line import TRANSITIONS, LineState, check_line_transition
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.domain.commission_policy import Policy, PolicyTerms, Tier, check_stated, choose_policy
from svc_reward.domain.commission_pricing import (
    CAP_REACHED,
    NO_POLICY,
    NOT_STATED,
    PRICED,
    RATE_ZERO,
    Event,
    Pricing,
)
from svc_reward.store.commission_matrix import read_commission_matrix

from .values import START, ZONE

MATRIX = read_commission_matrix()
CLICK, TRY, ORDER = CommissionKind.AD_CLICK, CommissionKind.EXPERIENCE, CommissionKind.HANDLING


def terms(**values: object) -> PolicyTerms:
    standard: dict[str, object] = {
        "affiliate_kind": AffiliateKind.WEBSITE,
        "commission_kind": ORDER,
        "affiliate_id": "",
        "service": "",
        "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        "valid_to": None,
        "tiers": (Tier(volume_from=1, use_months=0, flat_fen=100, share_myriad=0),),
        "monthly_cap_fen": 0,
        "holding_days": 7,
        "beyond_matrix": False,
    }
    return PolicyTerms(**(standard | values))  # type: ignore[arg-type]  # the values are the fields'


def policy(number: int = 1, **values: object) -> Policy:
    return Policy(number=number, terms=terms(**values), made_by="a", made_at=START, approved_by="b", approved_at=START)


def pricing(*policies: Policy, kind: AffiliateKind = AffiliateKind.WEBSITE, ends: tuple[datetime, ...] = ()) -> Pricing:
    return Pricing(
        policies=policies,
        matrix=MATRIX,
        kinds={"poco": kind},
        counters={},
        ended={(7, "CRBT"): ends},
        zone=ZONE,
    )


def event(number: int = 1, kind: CommissionKind = ORDER, *, at: datetime = START, amount_fen: int = 1000) -> Event:
    return Event(number, "poco", kind, "CRBT", 7, amount_fen, at)


@pytest.mark.parametrize(
    ("kind", "ad_click", "experience", "handling"),
    [
        ("individual", False, False, False),
        ("website", True, True, True),
        ("software", True, False, False),
        ("search", True, False, True),
        ("hall", False, False, True),
        ("outlet", False, False, True),
        ("campus", False, False, True),
        ("partner", False, False, True),
    ],
)
def test_what_the_source_leaves_out_pays_nothing_and_says_so(
    kind: str, ad_click: bool, experience: bool, handling: bool
) -> None:
    affiliate_kind = AffiliateKind(kind)
    for commission_kind, stated in ((CLICK, ad_click), (TRY, experience), (ORDER, handling)):
        assert MATRIX.states(affiliate_kind, commission_kind) is stated
        run = pricing(kind=affiliate_kind)
        run.price([event(kind=commission_kind)])
        assert [verdict.outcome for verdict in run.verdicts] == [NO_POLICY if stated else NOT_STATED]
        assert run.lines == []
        wanted = terms(affiliate_kind=affiliate_kind, commission_kind=commission_kind)
        if stated:
            check_stated(wanted, MATRIX)
        else:
            with pytest.raises(InvalidInput) as refusal:
                check_stated(wanted, MATRIX)
            assert refusal.value.reason == NOT_STATED
            check_stated(replace(wanted, beyond_matrix=True), MATRIX)


@pytest.mark.parametrize(
    ("at", "pays"),
    [
        (datetime(2026, 10, 31, 15, 59, 59, 999999, tzinfo=UTC), False),
        (datetime(2026, 10, 31, 16, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 15, 59, 59, 999999, tzinfo=UTC), True),
        (datetime(2026, 11, 30, 16, tzinfo=UTC), False),
    ],
)
def test_a_policy_pays_from_its_first_moment_to_the_last_before_its_end(at: datetime, pays: bool) -> None:
    november = policy(
        valid_from=datetime(2026, 10, 31, 16, tzinfo=UTC), valid_to=datetime(2026, 11, 30, 16, tzinfo=UTC)
    )
    run = pricing(november)
    run.price([event(at=at)])
    assert run.verdicts[0].outcome == (PRICED if pays else NO_POLICY)


def test_the_most_special_policy_pays_then_the_latest_and_an_unapproved_one_never() -> None:
    general, service, affiliate = policy(1), policy(2, service="CRBT"), policy(3, affiliate_id="poco")
    later = policy(4, valid_from=datetime(2026, 11, 1, tzinfo=UTC))
    waiting = replace(policy(5, affiliate_id="poco", service="CRBT"), approved_by="", approved_at=None)
    other = policy(6, affiliate_id="rival"), policy(7, service="MMS")

    def chosen(*policies: Policy) -> int:
        found = choose_policy(
            [*policies, waiting, *other],
            affiliate_kind=AffiliateKind.WEBSITE,
            affiliate_id="poco",
            commission_kind=ORDER,
            service="CRBT",
            at=START,
        )
        return found.number if found else 0

    assert chosen(general, service, affiliate, later) == 3
    assert chosen(general, service, later) == 2
    assert chosen(later, general) == 4
    assert chosen(general) == 1
    assert chosen() == 0


def test_tiers_by_volume_begin_with_the_event_that_reaches_them_and_anew_each_month() -> None:
    tiers = tuple(
        Tier(volume_from=start, use_months=0, flat_fen=fen, share_myriad=0) for start, fen in ((1, 10), (3, 20), (5, 0))
    )
    run = pricing(policy(tiers=tiers))
    # The month ends at four in the afternoon UTC.
    last = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)
    run.price([*(event(number, at=last) for number in range(1, 7)), event(7, at=last + timedelta(minutes=1))])
    assert [verdict.commission_fen for verdict in run.verdicts] == [10, 10, 20, 20, 0, 0, 10]
    assert [verdict.outcome for verdict in run.verdicts][4] == RATE_ZERO


def test_a_share_of_the_order_rounds_down_and_adds_to_the_flat_rate() -> None:
    run = pricing(policy(tiers=(Tier(volume_from=1, use_months=0, flat_fen=5, share_myriad=333),)))
    run.price([event(amount_fen=amount) for amount in (0, 30, 31, 1000)])
    assert [verdict.commission_fen for verdict in run.verdicts] == [5, 5, 6, 38]


def test_a_cap_cuts_the_event_that_reaches_it_and_stops_those_after() -> None:
    run = pricing(policy(monthly_cap_fen=250))
    run.price([event(number) for number in range(1, 6)])
    assert [verdict.commission_fen for verdict in run.verdicts] == [100, 100, 50, 0, 0]
    assert [verdict.outcome for verdict in run.verdicts] == [PRICED] * 3 + [CAP_REACHED] * 2


def test_continued_use_pays_instalments_that_fall_due_month_by_month() -> None:
    tiers = tuple(
        Tier(volume_from=1, use_months=months, flat_fen=fen, share_myriad=0)
        for months, fen in ((0, 100), (1, 30), (3, 60))
    )
    at = datetime(2026, 11, 30, 2, tzinfo=UTC)
    campus = policy(affiliate_kind=AffiliateKind.CAMPUS, tiers=tiers, holding_days=5)
    run = pricing(campus, kind=AffiliateKind.CAMPUS)
    run.price([event(at=at)])
    assert [(line.use_months, line.amount_fen, line.due_at, line.month) for line in run.lines] == [
        (0, 100, at, "2026-11"),
        (1, 30, datetime(2026, 12, 30, 2, tzinfo=UTC), "2026-12"),
        (3, 60, datetime(2027, 2, 28, 2, tzinfo=UTC), "2027-02"),
    ]
    assert {line.locks_at - line.due_at for line in run.lines} == {timedelta(days=5)}
    stopped = pricing(campus, kind=AffiliateKind.CAMPUS, ends=(datetime(2026, 12, 30, 2, tzinfo=UTC),))
    stopped.price([event(at=at)])
    assert [line.use_months for line in stopped.lines] == [0, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tiers": ()},
        {"tiers": (Tier(volume_from=1, use_months=0, flat_fen=1, share_myriad=0),) * 2},
        {"valid_to": datetime(2026, 1, 1, tzinfo=UTC)},
        {"holding_days": 366},
        {"monthly_cap_fen": -1},
        {"commission_kind": CLICK, "tiers": (Tier(volume_from=1, use_months=1, flat_fen=1, share_myriad=0),)},
    ],
)
def test_terms_that_can_not_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        terms(**wrong)


@pytest.mark.parametrize("wrong", [(0, 0, 0, 0), (1, 37, 0, 0), (1, 0, -1, 0), (1, 0, 0, 10_001)])
def test_a_tier_that_can_not_be_is_refused(wrong: tuple[int, int, int, int]) -> None:
    with pytest.raises(InvalidInput):
        Tier(volume_from=wrong[0], use_months=wrong[1], flat_fen=wrong[2], share_myriad=wrong[3])


def test_the_states_of_a_line_and_no_others() -> None:
    allowed = {("estimated", "locked"), ("estimated", "void"), ("locked", "payable"), ("payable", "paid")}
    assert {(before, after) for before, afters in TRANSITIONS.items() for after in afters} == allowed
    for before in LineState:
        for after in LineState:
            if (before, after) in allowed:
                check_line_transition(before, after)
            else:
                with pytest.raises(StateRefused) as refusal:
                    check_line_transition(before, after)
                assert refusal.value.metadata == {"from": before, "to": after}


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(0, 36))  # noqa: DTZ001 -- made aware below
def test_months_later_is_the_same_day_or_the_months_last(moment: datetime, months: int) -> None:
    at = moment.replace(tzinfo=UTC)
    later = add_months(at, months, ZONE)
    before, after = at.astimezone(ZONE), later.astimezone(ZONE)
    assert (after.year - before.year) * 12 + after.month - before.month == months
    assert after.day == before.day or (after.day < before.day and (later + timedelta(days=1)).astimezone(ZONE).day == 1)


def test_a_month_ends_at_midnight_where_the_operator_is() -> None:
    november = CalendarMonth(year=2026, month=11)
    assert november.ends_before(ZONE) == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert CalendarMonth(year=2026, month=12).ends_before(ZONE) == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert month_of(datetime(2026, 11, 30, 16, tzinfo=UTC), ZONE) == CalendarMonth(year=2026, month=12)
    assert parse_month(str(november)) == november
    for wrong in ("2026-13", "2026", "x-1", "0000-01", "9999-12"):
        with pytest.raises(InvalidInput):
            parse_month(wrong)
