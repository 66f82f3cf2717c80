"""What may become of a hold: the table of its states, and its amounts over any run of captures."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import DomainError, InvalidInput, StateRefused
from svc_reward.domain.account import budget_account
from svc_reward.domain.hold import MAX_HOLD, OPEN_STATES, TRANSITIONS, Hold, HoldState

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BUDGET = budget_account("spring", "seeds")


def hold(*, amount: int = 10, state: HoldState = HoldState.HELD, **changes: object) -> Hold:
    fields: dict[str, object] = {"id": "h", "account": BUDGET, "made_at": NOON, "expires_at": NOON + timedelta(days=1)}
    return Hold(amount=amount, state=state, **(fields | changes))  # type: ignore[arg-type]  # keywords by name


def test_only_open_holds_go_on_and_every_end_is_an_end() -> None:
    assert {HoldState.HELD, HoldState.PARTLY_CAPTURED} == OPEN_STATES
    assert set(TRANSITIONS) == set(HoldState)
    assert all(bool(TRANSITIONS[state]) == (state in OPEN_STATES) for state in HoldState)
    assert all(HoldState.HELD not in after for after in TRANSITIONS.values())


@pytest.mark.parametrize("state", sorted(set(HoldState) - OPEN_STATES))
def test_nothing_becomes_of_a_hold_that_has_ended(state: HoldState) -> None:
    ended = hold(state=state)
    assert ended.remaining == 0
    for change in (ended.void, ended.time_out, lambda: ended.capture(1, final=False, at=NOON)):
        with pytest.raises(StateRefused) as caught:
            change()
        assert caught.value.reason == "HOLD_STATE"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": 0}, "AMOUNT_INVALID"),
        ({"amount": 10**12 + 1}, "AMOUNT_INVALID"),
        ({"id": ""}, "HOLD_INVALID"),
        ({"id": "a b"}, "HOLD_INVALID"),
        ({"expires_at": NOON}, "HOLD_INVALID"),
        ({"expires_at": NOON + MAX_HOLD + timedelta(seconds=1)}, "HOLD_INVALID"),
    ],
)
def test_a_hold_that_can_not_be_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        hold(**changes)  # type: ignore[arg-type]  # keywords by name
    assert caught.value.reason == reason


def test_an_overdue_hold_is_not_captured_even_before_its_time_out_was_booked() -> None:
    with pytest.raises(StateRefused) as caught:
        hold().capture(1, final=False, at=NOON + timedelta(days=1))
    assert caught.value.reason == "HOLD_EXPIRED"


@given(amount=st.integers(1, 50), steps=st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=12))
def test_what_is_captured_and_what_is_kept_are_never_more_than_the_hold(
    amount: int, steps: list[tuple[int, bool]]
) -> None:
    current, spent, over = hold(amount=amount), 0, False
    for part, final in steps:
        left = 0 if over else amount - spent
        transfer = current.capture_transfer(part, target=budget_account("x", "seeds"), reason="r") if part else None
        try:
            after = current.capture(part, final=final, at=NOON)
        except DomainError:
            assert over or not 1 <= part <= left
            continue
        assert 1 <= part <= left
        assert transfer is not None
        assert transfer.transfer_id == f"capture:h:{after.captures}"
        spent, over, current = spent + part, final or part == left, after
        assert current.captured == spent
        assert current.remaining == (0 if over else amount - spent)
        assert current.state == (HoldState.CAPTURED if over else HoldState.PARTLY_CAPTURED)
