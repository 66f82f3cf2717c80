"""The states of a draw and who may bring it from one to the next."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from carillon_chassis.errors import DomainError
from svc_reward.domain.draw import TRANSITIONS, Draw, DrawState, Frozen
from svc_reward.domain.draw_entrant import Entry
from svc_reward.domain.draw_rule import DrawRule, Eligibility, Points, Prize, read_rule

from .values import (
    CLOSE,
    COMMITMENT,
    DEADLINE,
    FIRST_SEED,
    OPENING,
    PRIZES,
    SECOND_SEED,
    draft,
    drawn_draw,
    frozen_draw,
    open_draw,
    rule,
    seeded_draw,
)

TICKETS = [1, 2, 3]
NOBODY_YET = Frozen(entrants=0, tickets=0, root=b"r" * 32)
STATES: dict[DrawState, Draw] = {
    DrawState.DRAFT: draft(),
    DrawState.OPEN: open_draw(),
    DrawState.FROZEN: frozen_draw(TICKETS),
    DrawState.SEEDED: seeded_draw(TICKETS),
    DrawState.DRAWN: drawn_draw(TICKETS),
    DrawState.VOID: draft().voided(reason="no prize", at=OPENING),
}
STEPS: dict[DrawState, Callable[[Draw], Draw]] = {
    DrawState.OPEN: lambda draw: draw.opened(commitment=COMMITMENT, by="maker", at=OPENING),
    DrawState.FROZEN: lambda draw: draw.closed(NOBODY_YET, at=CLOSE),
    DrawState.SEEDED: lambda draw: draw.seeded(second_seed=SECOND_SEED, by="notary", at=CLOSE),
    DrawState.DRAWN: lambda draw: draw.drawn(first_seed=FIRST_SEED, by="maker", at=CLOSE),
    DrawState.VOID: lambda draw: draw.voided(reason="no prize", at=CLOSE),
}


@pytest.mark.parametrize("source", STATES)
@pytest.mark.parametrize("target", STEPS)
def test_only_the_transitions_of_the_table_are_possible(source: DrawState, target: DrawState) -> None:
    draw = STATES[source]
    assert draw.state is source
    if target in TRANSITIONS[source]:
        assert STEPS[target](draw).state is target
        return
    with pytest.raises(DomainError) as caught:
        STEPS[target](draw)
    assert (caught.value.reason, str(source) in caught.value.detail, str(target) in caught.value.detail) == (
        "DRAW_STATE",
        True,
        True,
    )


def refused(step: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as caught:
        step()
    return caught.value.reason


@pytest.mark.parametrize("person", ["maker", "opener"])
def test_who_may_know_the_first_seed_may_not_contribute_the_second(person: str) -> None:
    draw = draft().opened(commitment=COMMITMENT, by="opener", at=OPENING).closed(NOBODY_YET, at=CLOSE)
    assert refused(lambda: draw.seeded(second_seed=SECOND_SEED, by=person, at=CLOSE)) == "SECOND_PARTY_REQUIRED"


def test_who_contributed_the_second_seed_may_not_reveal_the_first() -> None:
    draw = seeded_draw(TICKETS)
    assert refused(lambda: draw.drawn(first_seed=FIRST_SEED, by="notary", at=CLOSE)) == "SECOND_PARTY_REQUIRED"


def test_only_the_seed_that_was_committed_to_can_be_revealed() -> None:
    draw = seeded_draw(TICKETS)
    assert refused(lambda: draw.drawn(first_seed=SECOND_SEED, by="maker", at=CLOSE)) == "SEED_NOT_COMMITTED"


@pytest.mark.parametrize("person", ["maker", "notary"])
def test_who_took_part_may_not_void_a_frozen_draw(person: str) -> None:
    assert refused(lambda: seeded_draw(TICKETS).require_stranger(person)) == "SECOND_PARTY_REQUIRED"
    seeded_draw(TICKETS).require_stranger("approver")
    open_draw().require_stranger(person)


def test_entries_come_in_until_the_close_and_freeze_from_the_close_on() -> None:
    draw = open_draw()
    before = CLOSE - timedelta(microseconds=1)
    draw.require_entries(at=before)
    draw.require_close(at=CLOSE)
    assert refused(lambda: draw.require_entries(at=CLOSE)) == "DRAW_CLOSED"
    assert refused(lambda: draw.require_close(at=before)) == "DRAW_CLOSES_LATER"
    assert refused(lambda: frozen_draw(TICKETS).require_entries(at=before)) == "DRAW_NOT_OPEN"
    assert refused(lambda: draft().opened(commitment=COMMITMENT, by="maker", at=CLOSE)) == "DRAW_CLOSED"


def test_seeds_come_before_the_deadline_or_never() -> None:
    assert (
        refused(lambda: frozen_draw([1]).seeded(second_seed=SECOND_SEED, by="notary", at=DEADLINE)) == "REVEAL_MISSED"
    )
    assert refused(lambda: seeded_draw([1]).drawn(first_seed=FIRST_SEED, by="maker", at=DEADLINE)) == "REVEAL_MISSED"


@pytest.mark.parametrize(
    ("draw", "at", "overdue"),
    [
        (seeded_draw(TICKETS), DEADLINE, True),
        (frozen_draw(TICKETS), DEADLINE, True),
        (open_draw(), DEADLINE, True),
        (seeded_draw(TICKETS), DEADLINE - timedelta(microseconds=1), False),
        (drawn_draw(TICKETS), DEADLINE, False),
        (STATES[DrawState.VOID], DEADLINE, False),
    ],
)
def test_a_draw_is_overdue_when_its_reveal_was_missed(draw: Draw, at: datetime, overdue: bool) -> None:
    assert draw.is_overdue(at=at) is overdue


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_seed_and_a_commitment_have_32_bytes(length: int) -> None:
    wrong = b"x" * length
    assert refused(lambda: draft().opened(commitment=wrong, by="maker", at=OPENING)) == "SEED_INVALID"
    assert refused(lambda: frozen_draw([1]).seeded(second_seed=wrong, by="notary", at=CLOSE)) == "SEED_INVALID"
    assert refused(lambda: seeded_draw([1]).drawn(first_seed=wrong, by="maker", at=CLOSE)) == "SEED_INVALID"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"campaign_id": "no spaces"}, "campaign_id"),
        ({"prizes": ()}, "prizes"),
        ({"prizes": (PRIZES[0], PRIZES[0])}, "prizes"),
        ({"awards": 0}, "awards"),
        ({"awards": 26}, "awards"),
        ({"wins_per_person": 0}, "wins_per_person"),
        ({"reveal_by": CLOSE}, "reveal_by"),
    ],
)
def test_a_rule_that_can_not_be_is_refused_with_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as caught:
        rule(**changes)
    assert (caught.value.reason, caught.value.field) == ("DRAW_RULE_INVALID", field)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: Prize(code="", name="p", weight=1, stock=1), "DRAW_RULE_INVALID"),
        (lambda: Prize(code="p", name="p", weight=0, stock=1), "DRAW_RULE_INVALID"),
        (lambda: Prize(code="p", name="p", weight=1, stock=0), "DRAW_RULE_INVALID"),
        (lambda: Points(currency="euro", amount=1), "CURRENCY_UNKNOWN"),
        (lambda: Points(currency="seeds", amount=0), "DRAW_RULE_INVALID"),
        (lambda: Eligibility(service="crbt", draw_month="2026-13"), "DRAW_RULE_INVALID"),
        (lambda: Entry(subscriber_id=0, source_key="k"), "ENTRY_INVALID"),
        (lambda: Entry(subscriber_id=2**32, source_key="k"), "ENTRY_INVALID"),
        (lambda: Entry(subscriber_id=1, source_key="a b"), "ENTRY_INVALID"),
        (lambda: Entry(subscriber_id=1, source_key=""), "ENTRY_INVALID"),
        (lambda: draft().voided(reason="", at=OPENING), "DRAW_REASON_INVALID"),
    ],
)
def test_a_part_that_can_not_be_is_refused(make: Callable[[], object], reason: str) -> None:
    assert refused(make) == reason


@pytest.mark.parametrize(
    ("draw_month", "required"), [("2026-11", "2026-10"), ("2027-01", "2026-12"), ("2026-10", "2026-09")]
)
def test_who_enters_was_subscribed_in_the_month_before(draw_month: str, required: str) -> None:
    """RWD-09."""
    eligibility = Eligibility(service="crbt", draw_month=draw_month)
    assert eligibility.required_month == required
    assert [eligibility.admits(month) for month in (required, draw_month, "")] == [True, False, False]


@pytest.mark.parametrize(
    "changes",
    [{}, {"eligibility": None}, {"name": "十一月之星"}, {"ticket_price": Points(currency="seeds", amount=5)}],
)
def test_a_rule_is_read_back_as_it_was_written(changes: dict[str, Any]) -> None:
    written = rule(**changes)
    assert read_rule(written.document()) == written


CHANGES: list[dict[str, Any]] = [
    {"name": "Other"},
    {"draw_id": "other"},
    {"campaign_id": "other"},
    {"prizes": PRIZES[:2], "awards": 5},
    {"prizes": PRIZES[::-1]},
    {"awards": 9},
    {"wins_per_person": 2},
    {"eligibility": None},
    {"closes_at": CLOSE - timedelta(microseconds=1)},
    {"reveal_by": DEADLINE + timedelta(seconds=1)},
    {"blinding": b"b" * 32},
    {"ticket_price": Points(currency="seeds", amount=5)},
]


def test_any_change_of_a_rule_changes_its_hash() -> None:
    rules: list[DrawRule] = [rule(), *(rule(**changes) for changes in CHANGES)]
    assert len({one.digest() for one in rules}) == len(rules)
