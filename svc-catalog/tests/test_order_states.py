"""An order moves only along the table of transitions, and a refusal names both states."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_catalog.domain.order import AMOUNT_LIMIT_FEN, TRANSITIONS, Order, OrderSource, OrderState

PLACED_AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = PLACED_AT + timedelta(minutes=5)

Move = Callable[[Order], Order]
MOVES: dict[OrderState, Move] = {
    OrderState.ACTIVE: lambda order: order.confirmed(at=LATER),
    OrderState.CANCELLED: lambda order: order.cancelled(),
}


def an_order(**overrides: object) -> Order:
    fields: dict[str, object] = {
        "id": UUID("0190b3a0-0000-7000-8000-000000000001"),
        "subscriber_id": 7,
        "service": "CRBT",
        "plan": "",
        "amount_fen": 2999,
        "source": OrderSource(touchpoint="portal"),
        "branch": "",
        "state": OrderState.PENDING_CONFIRMATION,
        "placed_at": PLACED_AT,
    }
    return Order(**(fields | overrides))  # type: ignore[arg-type]  # one mapping of several types


def in_state(state: OrderState) -> Order:
    return an_order(state=state, activated_at=PLACED_AT if state is OrderState.ACTIVE else None)


@pytest.mark.parametrize("start", list(OrderState))
@pytest.mark.parametrize("wanted", list(MOVES))
def test_an_order_moves_exactly_as_the_table_allows(start: OrderState, wanted: OrderState) -> None:
    if wanted in TRANSITIONS[start]:
        assert MOVES[wanted](in_state(start)).state is wanted
        return
    with pytest.raises(StateRefused) as refusal:
        MOVES[wanted](in_state(start))
    assert refusal.value.reason == "ORDER_STATE"
    assert f"is {start} and cannot become {wanted}" in refusal.value.detail
    assert refusal.value.metadata == {"from": start, "to": wanted}


def test_every_state_has_its_line_in_the_table() -> None:
    assert set(TRANSITIONS) == set(OrderState)


def test_confirming_sets_the_activation_time_and_changes_nothing_else() -> None:
    active = an_order().confirmed(at=LATER)
    assert active == an_order(state=OrderState.ACTIVE, activated_at=LATER)


@given(moves=st.lists(st.sampled_from(list(MOVES)), max_size=6))
def test_no_sequence_of_moves_leaves_an_end_state(moves: list[OrderState]) -> None:
    order = an_order()
    for wanted in moves:
        before = order
        try:
            order = MOVES[wanted](order)
        except StateRefused:
            assert order is before
        assert (order.activated_at is not None) == (order.state is OrderState.ACTIVE)
        if before.state is not OrderState.PENDING_CONFIRMATION:
            assert order.state is before.state


@pytest.mark.parametrize("amount_fen", [-1, AMOUNT_LIMIT_FEN + 1])
def test_an_amount_out_of_bounds_is_refused(amount_fen: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        an_order(amount_fen=amount_fen)
    assert refusal.value.reason == "AMOUNT_OUT_OF_BOUNDS"
    assert refusal.value.field == "amount_fen"


def test_an_order_that_is_not_active_has_no_activation_time() -> None:
    with pytest.raises(InvalidInput) as refusal:
        an_order(activated_at=LATER)
    assert refusal.value.reason == "ACTIVATION_TIME_ASTRAY"
