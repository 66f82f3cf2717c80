"""What comes one by one goes together: each with its own answer, bounded, and told when it ends."""

import asyncio
from collections.abc import Sequence

import pytest

from carillon_chassis.errors import DomainError, InvalidInput, LimitExceeded, Unavailable
from carillon_chassis.gathering import Gathering

ODD = InvalidInput(reason="ODD", field="number", detail="take an even one")


class Doubler:
    """Doubles numbers once it may, a call at a time; refuses odd ones."""

    def __init__(self) -> None:
        self.may = asyncio.Event()
        self.calls: list[tuple[str, list[int]]] = []
        self.error: Exception | None = None
        self.lost = 0

    async def send(self, place: str, numbers: list[int]) -> Sequence[int | DomainError]:
        self.calls.append((place, numbers))
        await self.may.wait()
        if self.error is not None:
            raise self.error
        return [ODD if one % 2 else 2 * one for one in numbers[self.lost :]]


@pytest.fixture
async def doubler() -> Doubler:
    return Doubler()


@pytest.fixture
async def gathering(doubler: Doubler) -> Gathering[str, int, int]:
    return Gathering(doubler.send, a_call=3, calls_at_once=1, most_waiting=5)


async def asked(gathering: Gathering[str, int, int], *numbers: int, place: str = "a") -> "list[asyncio.Task[int]]":
    """Everyone asks, the first alone on the way."""
    tasks = []
    for one in numbers:
        tasks.append(asyncio.create_task(gathering.ask(place, one)))
        # Twice: the caller hands in, and then the call goes out.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return tasks


async def test_who_comes_while_a_call_is_out_goes_with_the_others(
    doubler: Doubler, gathering: Gathering[str, int, int]
) -> None:
    tasks = await asked(gathering, 2, 4, 6, 8, 10)
    tasks += await asked(gathering, 12, place="b")
    doubler.may.set()
    assert await asyncio.gather(*tasks) == [4, 8, 12, 16, 20, 24]
    assert doubler.calls == [("a", [2]), ("b", [12]), ("a", [4, 6, 8]), ("a", [10])]


async def test_one_refusal_takes_nobody_elses_answer(doubler: Doubler, gathering: Gathering[str, int, int]) -> None:
    tasks = await asked(gathering, 2, 3, 4)
    tasks[2].cancel()
    doubler.may.set()
    assert await asyncio.gather(*tasks[:2], return_exceptions=True) == [4, ODD]
    assert await gathering.ask("a", 6) == 12


async def test_what_a_call_fails_with_is_each_ones_answer(
    doubler: Doubler, gathering: Gathering[str, int, int]
) -> None:
    tasks = await asked(gathering, 2, 4)
    doubler.error = Unavailable(reason="AWAY", detail="nobody is there")
    doubler.may.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [doubler.error] * 2


async def test_a_call_that_is_not_answered_to_everyone_fails_for_everyone(
    doubler: Doubler, gathering: Gathering[str, int, int]
) -> None:
    doubler.lost = 1
    doubler.may.set()
    tasks = await asked(gathering, 2, 4)
    answers = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 1)
    assert [type(one) for one in answers] == [RuntimeError] * 2


async def test_who_comes_when_too_many_wait_is_told_to_come_back(
    doubler: Doubler, gathering: Gathering[str, int, int]
) -> None:
    tasks = await asked(gathering, *range(2, 14, 2))
    with pytest.raises(LimitExceeded, match="CROWDED"):
        await gathering.ask("b", 2)
    doubler.may.set()
    assert await asyncio.gather(*tasks) == [4, 8, 12, 16, 20, 24]


async def test_whoever_waits_at_the_end_is_told(gathering: Gathering[str, int, int]) -> None:
    tasks = await asked(gathering, 2, 4)
    await gathering.close()
    done, pending = await asyncio.wait(tasks, timeout=1)
    assert not pending
    assert all(one.cancelled() for one in done)
