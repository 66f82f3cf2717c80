"""Flash sales as pure rules: who gets a piece, and what may become of a claim."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import DomainError, InvalidInput, StateRefused
from svc_reward.domain.claim import TRANSITIONS, Claim, ClaimState
from svc_reward.domain.claiming import Attempt, ClaimDecision, OpenSale, Standing, decide_claims
from svc_reward.domain.sale import Sale

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
SALE = UUID(int=1)
OTHER = UUID(int=2)


def sale(**overrides: object) -> Sale:
    fields: dict[str, object] = {
        "id": SALE, "name": "Double eleven", "opens_at": NOON, "closes_at": NOON + timedelta(hours=1),
        "hold_seconds": 60, "currency": "m_value", "price": 5,
    }  # fmt: skip
    return Sale(**{**fields, **overrides})  # type: ignore[arg-type]  # keywords by name


def claim(state: ClaimState = ClaimState.HELD) -> Claim:
    return Claim(
        id=UUID(int=9), sale_id=SALE, subscriber_id=7, request_id="k", state=state, claimed_at=NOON,
        hold_until=NOON + timedelta(seconds=60),
    )  # fmt: skip


def decide(
    *attempts: Attempt, available: int = 2, standing: tuple[Standing, ...] = (), now: datetime = NOON
) -> ClaimDecision:
    ids = (UUID(int=number) for number in count(100))
    sales = {SALE: OpenSale(sale=sale(), available=available)}
    return decide_claims(attempts, sales=sales, standing=standing, ids=ids, now=now)


def results(decision: ClaimDecision) -> list[str]:
    return [outcome.result for outcome in decision.outcomes]


def test_first_come_first_served_and_one_a_person() -> None:
    attempts = [Attempt(f"k{n}", SALE, person) for n, person in enumerate([1, 1, 2, 3, 1])]
    decision = decide(*attempts)
    assert results(decision) == ["CLAIMED", "ALREADY_CLAIMED", "CLAIMED", "SOLD_OUT", "ALREADY_CLAIMED"]
    assert decision.outcomes[1].claim_id == decision.outcomes[0].claim_id
    assert decision.taken == {SALE: 2}


def test_an_attempt_sent_again_is_the_first_one_and_its_key_serves_nobody_else() -> None:
    standing = (Standing(UUID(int=5), SALE, 1, "k"),)
    decision = decide(Attempt("k", SALE, 1), Attempt("k", SALE, 2), Attempt("l", SALE, 1), standing=standing)
    assert results(decision) == ["CLAIMED", "IDEMPOTENCY_CONFLICT", "ALREADY_CLAIMED"]
    assert decision.outcomes[0].claim_id == UUID(int=5)
    assert decision.claims == []


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOON - timedelta(microseconds=1), "SALE_NOT_OPEN"),
        (NOON, "CLAIMED"),
        (NOON + timedelta(hours=1) - timedelta(microseconds=1), "CLAIMED"),
        (NOON + timedelta(hours=1), "SALE_CLOSED"),
    ],
)
def test_a_sale_is_open_from_its_first_moment_and_before_its_last(now: datetime, expected: str) -> None:
    assert results(decide(Attempt("k", SALE, 1), now=now)) == [expected]


def test_a_sale_that_nobody_announced_is_unknown_and_spoils_nothing() -> None:
    assert results(decide(Attempt("a", OTHER, 1), Attempt("b", SALE, 1))) == ["SALE_UNKNOWN", "CLAIMED"]


@given(
    available=st.integers(0, 6),
    batches=st.lists(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 12)), max_size=12), max_size=5),
)
def test_whatever_the_batches_there_are_never_more_claims_than_pieces_or_two_a_person(
    available: int, batches: list[list[tuple[int, int]]]
) -> None:
    standing: list[Standing] = []
    for batch in batches:
        attempts = [Attempt(f"key-{key}", SALE, person) for person, key in batch]
        left = available - len(standing)
        decision = decide(*attempts, available=left, standing=tuple(standing))
        standing += [Standing(made.id, SALE, made.subscriber_id, made.request_id) for made in decision.claims]
        assert decision.taken.get(SALE, 0) == len(decision.claims) <= left
        people = {one.subscriber_id for one in standing}
        for attempt, outcome in zip(attempts, decision.outcomes, strict=True):
            if outcome.result in {"CLAIMED", "ALREADY_CLAIMED"}:
                assert any(one.claim_id == outcome.claim_id for one in standing)
                assert attempt.subscriber_id in people
            if outcome.result == "SOLD_OUT":
                assert len(standing) == available
    assert len(standing) <= available
    assert max(Counter(one.subscriber_id for one in standing).values(), default=0) <= 1
    assert max(Counter(one.request_id for one in standing).values(), default=0) <= 1


@pytest.mark.parametrize("after", [ClaimState.PAID, ClaimState.RELEASED])
@pytest.mark.parametrize("before", ClaimState)
def test_a_claim_ends_once_and_a_refusal_names_both_states(before: ClaimState, after: ClaimState) -> None:
    def step() -> Claim:
        if after is ClaimState.PAID:
            return claim(before).pay(sale(), reference="", at=NOON)
        return claim(before).release(NOON)

    if after in TRANSITIONS[before]:
        assert step().state is after
        return
    with pytest.raises(StateRefused) as caught:
        step()
    assert caught.value.metadata == {"from": before, "to": after}


def test_a_claim_is_paid_before_its_hold_ends() -> None:
    held = claim()
    assert held.pay(sale(), reference="", at=held.hold_until - timedelta(microseconds=1)).state is ClaimState.PAID
    with pytest.raises(StateRefused) as caught:
        held.pay(sale(), reference="", at=held.hold_until)
    assert caught.value.reason == "CLAIM_LAPSED"


def test_what_is_paid_elsewhere_needs_a_reference_and_books_no_points() -> None:
    elsewhere = sale(currency="", price=0)
    with pytest.raises(InvalidInput) as caught:
        claim().pay(elsewhere, reference="", at=NOON)
    assert caught.value.reason == "REFERENCE_MISSING"
    paid = claim().pay(elsewhere, reference="pos-17", at=NOON)
    assert (paid.reference, paid.payment(elsewhere)) == ("pos-17", None)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": ""}, "SALE_INVALID"),
        ({"closes_at": NOON}, "SALE_INVALID"),
        ({"hold_seconds": 0}, "SALE_INVALID"),
        ({"hold_seconds": 86_401}, "SALE_INVALID"),
        ({"price": 0}, "SALE_INVALID"),
        ({"currency": ""}, "SALE_INVALID"),
        ({"currency": "commission_fen"}, "SALE_INVALID"),
        ({"currency": "euro"}, "CURRENCY_UNKNOWN"),
    ],
)
def test_a_sale_that_can_not_be_is_refused(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(DomainError) as caught:
        sale(**fields)
    assert caught.value.reason == reason
