"""The loop of workers: at once while there is more, later otherwise, and never ended by what passes."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from carillon_chassis import periodic
from carillon_chassis.errors import Conflict, Unavailable
from carillon_chassis.periodic import Periodic


class Steps:
    """Answers or raises one thing after the other; the last one stops the loop."""

    def __init__(self, *answers: object) -> None:
        self._answers: Iterator[object] = iter(answers)
        self.done = 0

    async def __call__(self) -> object:
        self.done += 1
        answer = next(self._answers, asyncio.CancelledError())
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the loop slept, in seconds; no time passes."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("carillon_chassis.periodic.anyio.sleep", sleep)
    return slept


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((1, True, 0), [0.2]),
        ((None, None), [0.2, 0.2]),
        ((Unavailable(reason="DATABASE_AWAY", detail="away"), 1), [periodic.FAILED_SECONDS]),
        ((asyncpg.DeadlockDetectedError("ring"), 0), [periodic.FAILED_SECONDS, 0.2]),
        ((ConnectionResetError(), asyncpg.CheckViolationError("no")), [periodic.FAILED_SECONDS] * 2),
        ((Conflict(reason="TAKEN", detail="taken"),), [periodic.FAILED_SECONDS]),
    ],
)
async def test_it_goes_on_at_once_pauses_or_comes_again(
    pauses: list[float], answers: tuple[object, ...], expected: list[float]
) -> None:
    steps = Steps(*answers)
    with pytest.raises(asyncio.CancelledError):
        await Periodic(steps, name="test", pause_seconds=0.2).run()
    assert (pauses, steps.done) == (expected, len(answers) + 1)


async def test_what_passes_is_no_news_and_what_does_not_is_loud(
    pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    steps = Steps(Unavailable(reason="DATABASE_AWAY", detail="away"), asyncpg.CheckViolationError("no"))
    with caplog.at_level("INFO"), pytest.raises(asyncio.CancelledError):
        await Periodic(steps, name="test", pause_seconds=0.2).run()
    assert [record.levelname for record in caplog.records] == ["INFO", "ERROR"]


async def test_a_fault_of_the_program_ends_it(pauses: list[float]) -> None:
    with pytest.raises(TypeError):
        await Periodic(Steps(TypeError()), name="test", pause_seconds=0.2).run()
