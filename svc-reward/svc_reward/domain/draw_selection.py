"""Who wins what, computed from the seeds alone; the same input gives the same winners for ever, whoever computes it.

The numbers are SHA-256(key || counter as 8 bytes, big-endian), counter 0, 1, 2, ..., the first 8 bytes of each as a
big-endian integer. A number below ``n`` is taken by rejection: at or above the largest multiple of ``n`` that fits 64
bits it is thrown away, else its remainder counts. So every ticket has exactly the same chance.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from svc_reward.domain.draw_rule import ALGORITHM, DrawRule, Prize

KEY_PREFIX = f"{ALGORITHM} key\n".encode()
WORD_BYTES = 8
WORD_VALUES = 1 << (8 * WORD_BYTES)
SEED_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Win:
    """The ``award``-th prize, counted from 1, and the entrant it went to by position, counted from 1."""

    award: int
    prize: str
    position: int


def draw_key(*, first_seed: bytes, second_seed: bytes, root: bytes, rule_hash: bytes) -> bytes:
    """What all numbers of a draw come from. All parts have 32 bytes, so they can't run into one another."""
    return hashlib.sha256(KEY_PREFIX + first_seed + second_seed + root + rule_hash).digest()


class Numbers:
    """The numbers of one draw, in their order."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._counter = 0

    def below(self, bound: int) -> int:
        """The next number from 0 to ``bound - 1``; ``bound`` is from 1 to 2^64."""
        limit = WORD_VALUES - WORD_VALUES % bound
        while True:
            block = hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest()
            self._counter += 1
            word = int.from_bytes(block[:WORD_BYTES], "big")
            if word < limit:
                return word % bound


class TicketTree:
    """Tickets of the entrants in their order: finds who holds the n-th ticket left, and takes tickets out.

    A Fenwick tree: both take the logarithm of the number of entrants, so even a draw in which everybody wins is quick.
    """

    def __init__(self, tickets: Iterable[int]) -> None:
        self._tickets = list(tickets)
        self.left = sum(self._tickets)
        count = len(self._tickets)
        self._sums = [0, *self._tickets]
        for index in range(1, count + 1):
            parent = index + (index & -index)
            if parent <= count:
                self._sums[parent] += self._sums[index]
        self._top = 1 << count.bit_length() >> 1

    def holder(self, ticket: int) -> int:
        """The position, counted from 1, of the entrant with the ``ticket``-th ticket left, counted from 0."""
        position, step = 0, self._top
        while step:
            following = position + step
            if following < len(self._sums) and self._sums[following] <= ticket:
                position = following
                ticket -= self._sums[following]
            step >>= 1
        return position + 1

    def take_one(self, position: int) -> None:
        """Takes one ticket of that entrant out."""
        self._take(position, 1)

    def take_all(self, position: int) -> None:
        """Takes every ticket of that entrant out."""
        self._take(position, self._tickets[position - 1])

    def _take(self, position: int, tickets: int) -> None:
        self._tickets[position - 1] -= tickets
        self.left -= tickets
        while position < len(self._sums):
            self._sums[position] -= tickets
            position += position & -position


def select_winners(rule: DrawRule, tickets: Sequence[int], *, key: bytes) -> list[Win]:
    """The winners: for each award first the prize, by weight among those left, then the ticket among those left.

    ``tickets`` are of the entrants in the order of their tokens. A ticket wins once; who has won ``wins_per_person``
    times is out with all tickets. There are fewer awards than the rule says when the tickets run out.
    """
    numbers, tree = Numbers(key), TicketTree(tickets)
    stock = {prize.code: prize.stock for prize in rule.prizes}
    wins: list[Win] = []
    won: dict[int, int] = {}
    while len(wins) < rule.awards and tree.left:
        left = [prize for prize in rule.prizes if stock[prize.code]]
        prize = _by_weight(left, numbers)
        position = tree.holder(numbers.below(tree.left))
        stock[prize.code] -= 1
        won[position] = won.get(position, 0) + 1
        if won[position] == rule.wins_per_person:
            tree.take_all(position)
        else:
            tree.take_one(position)
        wins.append(Win(award=len(wins) + 1, prize=prize.code, position=position))
    return wins


def _by_weight(prizes: Sequence[Prize], numbers: Numbers) -> Prize:
    number = numbers.below(sum(prize.weight for prize in prizes))
    for prize in prizes:
        if number < prize.weight:
            return prize
        number -= prize.weight
    raise AssertionError("a number below the sum of the weights falls to one of them")
