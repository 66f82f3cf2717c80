"""The states of messages and parts: every transition of the table and no other, and how parts decide."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import StateRefused
from svc_channel.domain.message import (
    ENDED,
    SEVERITY,
    TRANSITIONS,
    MessageState,
    PartState,
    check_transition,
    sources_of,
    state_after,
    worst_of,
)

PARTS = st.lists(st.sampled_from(PartState), min_size=1, max_size=8)


@pytest.mark.parametrize(("source", "target"), list(product(MessageState, MessageState)))
def test_a_transition_is_allowed_by_the_table_or_names_the_two_states(
    source: MessageState, target: MessageState
) -> None:
    if target in TRANSITIONS[source]:
        check_transition(source, target)
        assert source in sources_of(target)
        return
    with pytest.raises(StateRefused) as refused:
        check_transition(source, target)
    assert refused.value.reason == "MESSAGE_TRANSITION"
    assert refused.value.metadata == {"from": source, "to": target}


def test_nothing_follows_an_end_and_everything_else_reaches_one() -> None:
    assert {state for state in MessageState if not TRANSITIONS[state]} == ENDED
    reached = {state: set(TRANSITIONS[state]) for state in MessageState}
    for _ in MessageState:
        for state in MessageState:
            reached[state] |= {further for target in reached[state] for further in reached[target]}
    assert all(reached[state] >= ENDED for state in MessageState if state not in ENDED)


@given(parts=PARTS, missing=st.integers(1, 8))
def test_a_message_stays_where_it_is_while_parts_are_unanswered(parts: list[PartState], missing: int) -> None:
    for state in (MessageState.SENDING, MessageState.IN_DOUBT):
        assert state_after(current=state, parts_total=len(parts) + missing, parts=parts) is state


@given(parts=PARTS)
def test_an_answered_message_ends_with_its_last_receipt_as_its_worst_part_did(parts: list[PartState]) -> None:
    state = state_after(current=MessageState.SENDING, parts_total=len(parts), parts=parts)
    if PartState.SENT in parts:
        assert state is MessageState.SENT
    elif set(parts) == {PartState.DELIVERED}:
        assert state is MessageState.DELIVERED
    else:
        assert state is MessageState.FAILED
        assert SEVERITY[worst_of(parts)] == max(SEVERITY[part] for part in parts) > SEVERITY[PartState.DELIVERED]
    check_transition(MessageState.SENDING, state)
    check_transition(MessageState.IN_DOUBT, state)


def test_a_message_without_parts_has_no_worst() -> None:
    with pytest.raises(ValueError, match="empty"):
        worst_of([])
