"""The report over gRPC, on Hillstrom's aggregate numbers, and the campaign's end."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carillon.campaign.v1 import campaign_pb2
from carillon_chassis.jobs import Jobs
from svc_campaign.app.complete_campaign import complete_campaign
from svc_campaign.worker.campaign_jobs import CampaignJobs

from .desk import AUDITOR, Desk
from .factories import LAUNCHED_AT
from .test_responses import CLOSES_AT, INSTANT, visits

# Members, visits, conversions and spend in cents of each arm of Hillstrom's e-mail challenge, by place in the plan.
HILLSTROM = {0: (21307, 3894, 267, 3031045), 1: (21306, 2262, 122, 1390833), 2: (21387, 3238, 189, 2303840)}
FILL = """
INSERT INTO member (campaign_id, subscriber_id, arm, contacted, delivery, responded_at, response_route, converted_at,
                    revenue_fen)
SELECT $1, $2::integer * 100000 + n, $2::smallint, $2 <> 1, CASE WHEN $2 <> 1 THEN 'delivered' END,
       CASE WHEN n <= $4 THEN $7::timestamptz END, CASE WHEN n <= $4 THEN 'event' END,
       CASE WHEN n <= $5 THEN $7::timestamptz END,
       CASE WHEN n < $5 THEN $6 / $5 WHEN n = $5 THEN $6 - ($5 - 1) * ($6 / $5) ELSE 0 END
FROM generate_series(1, $3::integer) AS n
"""


async def fill_with_hillstrom(desk: Desk, campaign_id: str) -> None:
    await desk.fetch("DELETE FROM member")
    for place, (members, visited, converted, cents) in HILLSTROM.items():
        values = (UUID(campaign_id), place, members, visited, converted, cents, LAUNCHED_AT)
        await desk.fetch(FILL, *values)


async def test_the_report_shows_hillstroms_counts_rates_and_uplift(desk: Desk) -> None:
    campaign_id = await desk.running()
    await fill_with_hillstrom(desk, campaign_id)
    got = await desk.call("GetReport", campaign_pb2.GetReportRequest(id=campaign_id), who=AUDITOR)
    assert [arm.arm for arm in got.arms] == ["holdout", "mens", "womens"]
    holdout, mens, womens = got.arms
    assert (holdout.subscribers, holdout.contacted, holdout.delivered) == (21306, 0, 0)
    assert (mens.subscribers, mens.contacted, mens.delivered) == (21307, 21307, 21307)
    assert [arm.responded for arm in got.arms] == [2262, 3894, 3238]
    assert [arm.revenue_fen for arm in got.arms] == [1390833, 3031045, 2303840]
    assert [round(arm.response_rate, 6) for arm in got.arms] == [0.106167, 0.182757, 0.151400]
    assert [round(arm.conversion_rate, 6) for arm in got.arms] == [0.005726, 0.012531, 0.008837]
    assert not holdout.HasField("uplift")
    assert round(mens.uplift.response_rate.estimate, 4) == 0.0766
    assert round(womens.uplift.response_rate.estimate, 4) == 0.0452
    revenue = mens.uplift.revenue_fen_per_subscriber
    assert revenue.estimate == pytest.approx(3031045 / 21307 - 1390833 / 21306)
    for interval in (mens.uplift.response_rate, mens.uplift.conversion_rate, revenue):
        assert 0 < interval.low < interval.estimate < interval.high


async def test_without_a_hold_out_nothing_is_compared(desk: Desk) -> None:
    arms = [arm for arm in (await desk.create()).plan.arms if not arm.holdout]
    report = await desk.report(await desk.running(arms=arms))
    assert list(report) == ["mens", "womens"]
    assert not any(arm.HasField("uplift") for arm in report.values())


async def test_a_report_before_the_launch_shows_empty_arms(desk: Desk) -> None:
    report = await desk.report(await desk.approved())
    assert list(report) == ["holdout", "mens", "womens"]
    assert {(arm.subscribers, arm.response_rate) for arm in report.values()} == {(0, 0.0)}
    assert not any(arm.HasField("uplift") for arm in report.values())


async def test_an_arm_of_one_has_no_interval_of_revenue(desk: Desk) -> None:
    campaign_id = await desk.running()
    await desk.fetch("DELETE FROM member WHERE subscriber_id IN (5, 8)")
    mens = (await desk.report(campaign_id))["mens"]
    assert mens.uplift.HasField("response_rate")
    assert not mens.uplift.HasField("revenue_fen_per_subscriber")


async def test_revenue_beyond_32_bits_is_summed_and_squared_exactly(desk: Desk) -> None:
    campaign_id = await desk.running()
    await desk.fetch("UPDATE member SET revenue_fen = 100000000000")
    mens = (await desk.report(campaign_id))["mens"]
    assert mens.revenue_fen == 300_000_000_000
    revenue = mens.uplift.revenue_fen_per_subscriber
    assert (revenue.estimate, revenue.low, revenue.high) == (0, 0, 0)


@pytest.mark.parametrize(
    ("at", "state"),
    [(CLOSES_AT - INSTANT, campaign_pb2.CAMPAIGN_STATE_RUNNING), (CLOSES_AT, campaign_pb2.CAMPAIGN_STATE_COMPLETED)],
)
async def test_a_campaign_completes_when_its_window_closes(desk: Desk, at: Any, state: int) -> None:
    campaign_id = await desk.running()
    async with desk.database.unit_of_work() as unit:
        left = await complete_campaign(unit, campaign_id=UUID(campaign_id), at=at)
    assert left == (INSTANT if at < CLOSES_AT else None)
    assert (await desk.get(campaign_id)).state == state
    await desk.tell(visits(1))
    assert (await desk.report(campaign_id))["holdout"].responded == 1


async def test_completing_twice_changes_nothing(desk: Desk) -> None:
    campaign_id = await desk.running()
    for _ in range(2):
        async with desk.database.unit_of_work() as unit:
            assert await complete_campaign(unit, campaign_id=UUID(campaign_id), at=CLOSES_AT) is None
    assert (await desk.get(campaign_id)).state == campaign_pb2.CAMPAIGN_STATE_COMPLETED


async def test_the_launch_books_the_completion_for_the_windows_end(desk: Desk) -> None:
    await desk.running()
    (job,) = await desk.fetch(
        "SELECT execute_after - now() AS wait FROM pgqueuer WHERE entrypoint = 'complete_campaign'"
    )
    assert timedelta(days=13, hours=23) < job["wait"] <= timedelta(days=14)


async def test_the_worker_completes_a_campaign_whose_time_has_come(desk: Desk) -> None:
    campaign_id = await desk.running()
    await desk.fetch("UPDATE pgqueuer SET execute_after = now() WHERE entrypoint = 'complete_campaign'")
    async with desk.launch() as launch:
        jobs = CampaignJobs(database=desk.database, clock=desk.clock, launch=launch)
        # A worker that wakes too early puts the job off and does not lose it.
        desk.clock.at = CLOSES_AT - timedelta(seconds=1)
        worker = asyncio.create_task(Jobs(desk.database.url, jobs.handlers()).run())
        await asyncio.sleep(0.5)
        assert (await desk.get(campaign_id)).state == campaign_pb2.CAMPAIGN_STATE_RUNNING
        desk.clock.at = CLOSES_AT

        async def completed() -> bool:
            return (await desk.get(campaign_id)).state == campaign_pb2.CAMPAIGN_STATE_COMPLETED

        await desk.until(completed)
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
