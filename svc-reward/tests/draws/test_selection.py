"""How winners come from numbers: every ticket alike, stock never exceeded, nobody more often than the rule says."""

import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svc_reward.domain.draw_entrant import MerkleTree, entrant_token, leaf_text
from svc_reward.domain.draw_rule import Prize
from svc_reward.domain.draw_selection import WORD_VALUES, Numbers, TicketTree, draw_key, select_winners

from .values import rule

KEYS = st.binary(min_size=32, max_size=32)
PRIZES = st.lists(st.tuples(st.integers(1, 20), st.integers(1, 9)), min_size=1, max_size=5).map(
    lambda pairs: tuple(
        Prize(code=f"p{index}", name="prize", weight=weight, stock=stock) for index, (weight, stock) in enumerate(pairs)
    )
)


@settings(max_examples=200, deadline=None)
@given(
    prizes=PRIZES,
    tickets=st.lists(st.integers(1, 30), max_size=40),
    wins=st.integers(1, 4),
    key=KEYS,
    data=st.data(),
)
def test_no_stock_is_exceeded_and_nobody_wins_more_than_the_rule_says(
    prizes: tuple[Prize, ...], tickets: list[int], wins: int, key: bytes, data: st.DataObject
) -> None:
    awards = data.draw(st.integers(1, sum(prize.stock for prize in prizes)))
    won = select_winners(rule(prizes=prizes, awards=awards, wins_per_person=wins), tickets, key=key)
    given_out = Counter(win.prize for win in won)
    assert all(given_out[prize.code] <= prize.stock for prize in prizes)
    by_person = Counter(win.position for win in won)
    assert all(count <= min(wins, tickets[position - 1]) for position, count in by_person.items())
    # All are given that can be: until the awards or the chances have run out.
    assert len(won) == min(awards, sum(min(wins, count) for count in tickets))
    assert [win.award for win in won] == list(range(1, len(won) + 1))


@settings(max_examples=100, deadline=None)
@given(tickets=st.lists(st.integers(1, 9), min_size=1, max_size=50), data=st.data())
def test_the_tree_finds_the_holder_that_counting_finds(tickets: list[int], data: st.DataObject) -> None:
    tree, plain = TicketTree(tickets), list(tickets)
    for _ in range(30):
        assert tree.left == sum(plain)
        if not tree.left:
            break
        ticket = data.draw(st.integers(0, tree.left - 1))
        counted = [position for position, count in enumerate(plain, 1) for _ in range(count)][ticket]
        assert tree.holder(ticket) == counted
        if data.draw(st.booleans()):
            tree.take_all(counted)
            plain[counted - 1] = 0
        else:
            tree.take_one(counted)
            plain[counted - 1] -= 1


def chi_squared(counts: Counter[int], expected: dict[int, float]) -> float:
    return sum((counts[key] - value) ** 2 / value for key, value in expected.items())


def test_winning_goes_by_tickets_and_by_nothing_else() -> None:
    """20,000 draws of one prize; 99.9 % of fair draws stay under 27.9 with nine degrees of freedom."""
    tickets = [1, 2, 3, 4, 5, 5, 4, 3, 2, 1]
    counts = Counter[int]()
    one = rule(prizes=(Prize(code="p", name="p", weight=1, stock=1),), awards=1)
    for number in range(20_000):
        (win,) = select_winners(one, tickets, key=hashlib.sha256(number.to_bytes(4, "big")).digest())
        counts[win.position] += 1
    assert chi_squared(counts, {at: 20_000 * count / 30 for at, count in enumerate(tickets, 1)}) < 27.9


def test_prizes_go_by_weight_while_they_are_in_stock() -> None:
    weights = (1, 2, 7)
    prizes = tuple(Prize(code=str(weight), name="p", weight=weight, stock=1) for weight in weights)
    counts = Counter[int]()
    for number in range(10_000):
        (win,) = select_winners(
            rule(prizes=prizes, awards=1), [1], key=hashlib.sha256(bytes([7]) + number.to_bytes(4, "big")).digest()
        )
        counts[int(win.prize)] += 1
    assert chi_squared(counts, {weight: 1000.0 * weight for weight in weights}) < 13.9


@pytest.mark.parametrize("bound", [1, 2, 3, 1000, 2**32 + 1, 2**63 + 1, WORD_VALUES - 1, WORD_VALUES])
def test_numbers_stay_below_their_bound(bound: int) -> None:
    numbers = Numbers(b"k" * 32)
    drawn = [numbers.below(bound) for _ in range(200)]
    assert all(0 <= number < bound for number in drawn)


def test_numbers_that_would_favour_the_low_ones_are_thrown_away() -> None:
    """Just above half of all values, nearly every second number is rejected; the others are the plain numbers."""
    bound = 2**63 + 1
    numbers = Numbers(b"k" * 32)
    drawn = [numbers.below(bound) for _ in range(100)]
    plain = Numbers(b"k" * 32)
    words = [plain.below(WORD_VALUES) for _ in range(400)]
    assert drawn == [word for word in words if word < bound][:100]
    assert len([word for word in words if word >= bound]) > 100


def test_the_same_seeds_make_the_same_winners_and_any_other_part_makes_others() -> None:
    parts = {"first_seed": b"a" * 32, "second_seed": b"b" * 32, "root": b"c" * 32, "rule_hash": b"d" * 32}
    keys = {draw_key(**parts), *(draw_key(**parts | {name: b"x" * 32}) for name in parts)}
    assert len(keys) == 5
    assert select_winners(rule(), [1] * 99, key=draw_key(**parts)) == select_winners(
        rule(), [1] * 99, key=draw_key(**parts)
    )


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


@pytest.mark.parametrize("count", [*range(20), 31, 32, 33, 100, 127, 128, 129])
def test_the_root_is_that_of_rfc_6962(count: int) -> None:
    tree = MerkleTree()
    leaves = [leaf_text(entrant_token(b"s" * 32, number), number + 1) for number in range(count)]
    for leaf in leaves:
        tree.add(leaf)
    assert (tree.root(), tree.leaves) == (naive_root([leaf.encode() for leaf in leaves]), count)
