"""What a slow line holds is judged again before it is written, at most every half second; a fast one never asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from svc_channel.worker.second_look import LOOK_SECONDS, SecondLook


@dataclass
class Judge:
    """Bars whom a test names, and remembers whom it was asked about."""

    barring: dict[int, str] = field(default_factory=dict)
    asked: list[list[int]] = field(default_factory=list)
    is_away: bool = False

    async def barred(self, message_ids: Sequence[int]) -> dict[int, str] | None:
        """Of these those it bars."""
        self.asked.append(list(message_ids))
        if self.is_away:
            return None
        return {one: reason for one, reason in self.barring.items() if one in message_ids}


@dataclass
class Hand:
    """A clock that a test turns."""

    seconds: float = 0.0

    def __call__(self) -> float:
        """Where it stands."""
        return self.seconds


async def test_a_line_that_is_through_at_once_asks_nobody() -> None:
    judge = Judge(barring={2: "OPTED_OUT"})
    look = SecondLook(judge, [1, 2], monotonic=Hand())
    assert [await look.refusal(one) for one in (1, 2)] == ["", ""]
    assert judge.asked == []


async def test_what_is_left_after_a_while_is_judged_again_and_what_has_gone_is_not() -> None:
    judge, hand = Judge(), Hand()
    look = SecondLook(judge, [1, 2, 3, 4], monotonic=hand)
    assert await look.refusal(1) == ""
    judge.barring = {1: "OPTED_OUT", 3: "OPTED_OUT", 4: "EXPIRED"}
    hand.seconds += LOOK_SECONDS
    assert [await look.refusal(one) for one in (2, 3)] == ["", "OPTED_OUT"]
    assert judge.asked == [[2, 3, 4]]
    hand.seconds += LOOK_SECONDS
    assert await look.refusal(4) == "EXPIRED"
    assert judge.asked[1:] == [[4]]


async def test_who_opts_in_again_meanwhile_is_sent_to() -> None:
    judge, hand = Judge(barring={1: "OPTED_OUT", 2: "OPTED_OUT"}), Hand()
    look = SecondLook(judge, [1, 2], monotonic=hand)
    hand.seconds += LOOK_SECONDS
    assert await look.refusal(1) == "OPTED_OUT"
    judge.barring = {}
    hand.seconds += LOOK_SECONDS
    assert await look.refusal(2) == ""


async def test_what_was_barred_stays_so_while_the_database_is_away() -> None:
    judge, hand = Judge(barring={2: "OPTED_OUT"}), Hand()
    look = SecondLook(judge, [1, 2], monotonic=hand)
    hand.seconds += LOOK_SECONDS
    assert await look.refusal(1) == ""
    judge.is_away = True
    hand.seconds += LOOK_SECONDS
    assert await look.refusal(2) == "OPTED_OUT"
