"""The monthly clock: lists and match of a month on its day, once the usage is in, exactly once."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from carillon.segment.v1 import classification_pb2, match_pb2
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.identity import acting_as
from svc_segment.app.run_monthly import MonthlyClasses, MonthlyClock, MonthlyMatch, MonthlyWork
from svc_segment.domain.monthly import due_month, next_month, what_is_missing

from .match_desk import ADMIN, MatchDesk
from .segmentation import csv_file, number_of
from .test_class_runs import ATTRIBUTES, PEOPLE

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Past midnight of 3 April where the operator is, still the 2nd in London.
ON_THE_DAY = datetime(2011, 4, 2, 16, 30, tzinfo=UTC)
EVERY_WORK: Sequence[MonthlyWork] = (MonthlyClasses("fetion"), MonthlyClasses("music"), MonthlyMatch())


def clock_at(desk: MatchDesk, now: datetime, works: Sequence[MonthlyWork] = EVERY_WORK) -> MonthlyClock:
    return MonthlyClock(
        desk.segmentation.database, FixedClock(now).now, uuid.uuid4, zone=SHANGHAI, day=3, works=works
    )  # fmt: skip


async def listed(desk: MatchDesk) -> dict[tuple[str, str], classification_pb2.MonthlyRun]:
    answer = await invoke(desk.classes.ListMonthlyRuns, classification_pb2.ListMonthlyRunsRequest())
    return {(run.kind, run.month): run for run in answer.runs}


@pytest.fixture
async def march(desk: MatchDesk) -> MatchDesk:
    """Eight people as of the end of March, and a library of one rule; their usage of March is not there yet."""
    rows = [(number_of(number), *person) for number, person in enumerate(PEOPLE, start=1)]
    await desk.segmentation.load(csv_file(["msisdn", *ATTRIBUTES], *rows), ATTRIBUTES)
    with acting_as(ADMIN):
        await desk.put("CRBT")
        await desk.add("R1", "CRBT")
    return desk


async def load_usage(desk: MatchDesk, *, as_of: str = "2011-04-01") -> None:
    content = csv_file(["msisdn", "calls"], [number_of(1), int(as_of[-2:])])
    await desk.segmentation.load(content, {"calls": "integer"}, kind="usage", month="2011-03", as_of=as_of)


@pytest.mark.parametrize(
    ("now", "month"),
    [
        (ON_THE_DAY, date(2011, 3, 1)),
        (datetime(2011, 4, 2, 15, 59, tzinfo=UTC), date(2011, 2, 1)),
        (datetime(2011, 1, 31, 0, 0, tzinfo=UTC), date(2010, 12, 1)),
        (datetime(2011, 1, 2, 0, 0, tzinfo=UTC), date(2010, 11, 1)),
    ],
)
def test_a_month_is_due_from_its_day_on_where_the_operator_is(now: datetime, month: date) -> None:
    assert due_month(now, SHANGHAI, 3) == month


def test_what_is_missing_is_said() -> None:
    march, end = date(2011, 3, 1), date(2011, 3, 31)
    assert what_is_missing(march, usage_complete=False, subscribers_as_of=end) == (
        "the usage of 2011-03 is not loaded to its end"
    )
    assert what_is_missing(march, usage_complete=True, subscribers_as_of=date(2011, 3, 30)) == (
        "the subscribers are as of 2011-03-30, before the end of 2011-03"
    )
    assert what_is_missing(march, usage_complete=True, subscribers_as_of=end) == ""
    assert next_month(date(2010, 12, 1)) == date(2011, 1, 1)


async def test_late_usage_is_told_and_waited_for(march: MatchDesk) -> None:
    """SEG-39: the six lists come every month by themselves, on the drop folder and by API."""
    clock = clock_at(march, ON_THE_DAY)
    await clock()
    await load_usage(march, as_of="2011-03-20")
    await clock()
    waiting = await listed(march)
    assert {key: (run.run_id, run.problem) for key, run in waiting.items()} == {
        (kind, "2011-03"): ("", "the usage of 2011-03 is not loaded to its end")
        for kind in ("classes:fetion", "classes:music", "match")
    }
    await load_usage(march)
    await clock()
    asked = await listed(march)
    with acting_as(ADMIN):
        match = await march.ended(asked["match", "2011-03"].run_id)
        assert (match.state, match.month, match.requested_by) == (match_pb2.RUN_STATE_DONE, "2011-04", "clock")
        assert await _lists_of(march, asked["classes:fetion", "2011-03"].run_id) == [number_of(3)]
    assert (march.segmentation.data_dir / "drop" / "fetion" / "2011-03" / "manifest.json").exists()
    assert not any(run.problem for run in asked.values())


async def _lists_of(desk: MatchDesk, run_id: str) -> list[str]:
    request = classification_pb2.GetClassesRequest(id=run_id)
    async with asyncio.timeout(60):
        while (await invoke(desk.classes.GetClasses, request)).run.state != match_pb2.RUN_STATE_DONE:
            await asyncio.sleep(0.02)
    return await desk.list_of(run_id, "SUB_SILENT", "west")


async def test_several_processes_and_restarts_ask_once(march: MatchDesk) -> None:
    await load_usage(march)
    await asyncio.gather(*(clock_at(march, ON_THE_DAY)() for _ in range(4)))
    first = await listed(march)
    await clock_at(march, datetime(2011, 4, 20, tzinfo=UTC))()
    assert await listed(march) == first
    async with march.segmentation.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM class_run") == 2
        assert await unit.driver.fetchval("SELECT count(*) FROM match_run") == 1
    # The next month is another one, and waits for its own usage.
    await clock_at(march, datetime(2011, 5, 3, tzinfo=UTC))()
    assert (await listed(march))["match", "2011-04"].problem == "the usage of 2011-04 is not loaded to its end"


async def test_work_whose_data_are_not_there_is_not_waited_for(desk: MatchDesk) -> None:
    clock = clock_at(desk, ON_THE_DAY, [*EVERY_WORK, MonthlyClasses("none")])
    await clock()
    await desk.segmentation.load(
        csv_file(["msisdn", "crbt_downloads"], [number_of(1), 3]), {"crbt_downloads": "integer"}
    )
    await clock()
    assert list(await listed(desk)) == [("classes:music", "2011-03")]
