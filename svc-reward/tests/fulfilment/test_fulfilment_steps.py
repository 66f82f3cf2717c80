"""The table of an item's states, every state by every step, and what an item refuses by itself."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from carillon_chassis.errors import DomainError, InvalidInput, PermissionRefused, StateRefused
from svc_reward.domain.fulfilment import TRANSITIONS, Fulfilment, FulfilmentKind, FulfilmentState, Funding, Step
from svc_reward.domain.fulfilment_booking import book_ordered, book_paid, book_refused
from svc_reward.domain.recharge import RechargeTask, is_signed, sign

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID = uuid.UUID(int=7)

STEPS: dict[Step, Callable[[Fulfilment], Fulfilment]] = {
    Step.VERIFY: lambda item: item.verify(by="city", at=LATER),
    Step.HAND_OVER: lambda item: item.hand_over(reference="SF-1", at=LATER),
    Step.ORDER: lambda item: item.order(at=LATER),
    Step.PAY: lambda item: item.pay(reference="R1", at=LATER),
    Step.REFUSE: lambda item: item.refuse(reason="NUMBER_CLOSED", at=LATER),
    Step.FAIL: lambda item: item.fail(reason="moved", at=LATER),
    Step.REPORT_AGAIN: lambda item: item.report_again(city="foshan", by="province", at=LATER),
}


def make(**changes: Any) -> Fulfilment:
    fields: dict[str, Any] = {
        "id": ID,
        "report_id": uuid.UUID(int=1),
        "source": "draw:x:1",
        "kind": FulfilmentKind.GIFT,
        "subscriber_id": 5,
        "prize": "doll",
        "name": "Migu doll",
        "quantity": 1,
        "amount_fen": 0,
        "funding": Funding.NONE,
        "city": "guangzhou",
        "state": FulfilmentState.REPORTED,
        "attempt": 1,
        "reported_by": "province",
        "changed_at": NOW,
    }
    return Fulfilment(**fields | changes)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", FulfilmentState)
def test_every_step_in_every_state_is_as_the_table_says(state: FulfilmentState, step: Step) -> None:
    item = make(state=state)
    if (state, step) in TRANSITIONS:
        after = STEPS[step](item)
        assert (after.state, after.changed_at) == (TRANSITIONS[state, step], LATER)
    else:
        with pytest.raises(StateRefused) as caught:
            STEPS[step](item)
        assert caught.value.metadata == {"state": state, "step": step}


def test_only_the_answer_of_the_recharge_ends_what_is_being_paid() -> None:
    assert {step for state, step in TRANSITIONS if state is FulfilmentState.PAYING} == {Step.PAY, Step.REFUSE}
    assert not [step for state, step in TRANSITIONS if state is FulfilmentState.COMPLETED]


@pytest.mark.parametrize(
    ("attempt", "error", "reason"),
    [
        (lambda: make().verify(by="province", at=NOW), PermissionRefused, "MAKER_IS_CHECKER"),
        (lambda: make(city=None).verify(by="city", at=NOW), StateRefused, "CITY_UNKNOWN"),
        (lambda: make(city=None).fail(reason="moved", at=NOW), StateRefused, "CITY_UNKNOWN"),
        (lambda: make().hand_over(reference=" ", at=NOW), InvalidInput, "REFERENCE_MISSING"),
        (lambda: make().hand_over(reference="x" * 121, at=NOW), InvalidInput, "REFERENCE_INVALID"),
        (lambda: make().fail(reason="", at=NOW), InvalidInput, "REASON_MISSING"),
        (lambda: make().fail(reason="a\tb", at=NOW), InvalidInput, "REASON_INVALID"),
        (
            lambda: make(state=FulfilmentState.FAILED, attempt=2).report_again(city="", by="p", at=NOW),
            StateRefused,
            "REPORT_FINAL",
        ),
        (
            lambda: make(state=FulfilmentState.FAILED).report_again(city=" x", by="p", at=NOW),
            InvalidInput,
            "CITY_INVALID",
        ),
    ],
)
def test_an_item_refuses_what_can_not_be(attempt: Callable[[], object], error: type[DomainError], reason: str) -> None:
    with pytest.raises(error) as caught:
        attempt()
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("funding", "source"),
    [(Funding.EXPENSE, "expense/operator/phone_credit_fen"), (Funding.SUBSCRIBER, "subscriber/5/phone_credit_fen")],
)
def test_a_payment_is_booked_once_however_often_it_was_ordered(funding: Funding, source: str) -> None:
    first = make(kind=FulfilmentKind.PHONE_CREDIT, amount_fen=300, funding=funding)
    second = make(kind=FulfilmentKind.PHONE_CREDIT, amount_fen=300, funding=funding, attempt=2)
    for book, ids in (
        (book_ordered, [f"owe:{ID}:1", f"owe:{ID}:2"]),
        (book_refused, [f"unowe:{ID}:1", f"unowe:{ID}:2"]),
        (book_paid, [f"fulfil:{ID}", f"fulfil:{ID}"]),
    ):
        assert [book(first).transfer_id, book(second).transfer_id] == ids
    assert [(str(leg.account), leg.amount) for leg in book_ordered(first).legs] == [
        (source, -300),
        ("payable/phone-recharge/phone_credit_fen", 300),
    ]
    ordered = {str(leg.account): leg.amount for leg in book_ordered(first).legs}
    assert {str(leg.account): -leg.amount for leg in book_refused(first).legs} == ordered
    assert {str(leg.account): leg.amount for leg in book_paid(first).legs} == {
        "payable/phone-recharge/phone_credit_fen": -300,
        "paid/phone-recharge/phone_credit_fen": 300,
    }


def test_doubts_are_looked_into_ever_more_rarely() -> None:
    waits = [
        RechargeTask(item_id=ID, attempt=1, subscriber_id=5, amount_fen=1, tries=tries).retry_after.total_seconds()
        for tries in (1, 2, 3, 9, 10, 11, 10_000)
    ]
    assert waits == [2, 4, 8, 512, 600, 600, 600]


def test_a_signature_fits_one_request_alone() -> None:
    asked = {"method": "POST", "path": "/recharges", "timestamp": "1.a", "body": b"{}"}
    signature = sign(b"secret", **asked)  # type: ignore[arg-type]  # keywords by name
    assert is_signed(signature, b"secret", **asked)  # type: ignore[arg-type]  # the same
    for name, other in (("method", "GET"), ("path", "/x"), ("timestamp", "2.a"), ("body", b"{} ")):
        assert not is_signed(signature, b"secret", **{**asked, name: other})  # type: ignore[arg-type]  # the same
    assert not is_signed(signature, b"another", **asked)  # type: ignore[arg-type]  # the same
    assert not is_signed("é", b"secret", **asked)  # type: ignore[arg-type]  # the same
