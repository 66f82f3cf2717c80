"""The launch job: what it books and sends, and that it may be killed anywhere and run again."""

import asyncio
import contextlib
from collections import Counter
from typing import Any

import pytest

from carillon.campaign.v1 import campaign_pb2
from carillon_chassis.errors import DomainError, Unavailable
from carillon_chassis.jobs import Jobs
from svc_campaign.domain.link_token import write_token
from svc_campaign.worker.campaign_jobs import CampaignJobs

from .desk import ADMIN, HOLDOUT, MAKER, MENS, WOMENS, Desk
from .launch_cases import CONTACT_BATCHES, assert_complete, many


async def test_a_launch_books_every_arm_and_sends_to_all_but_the_hold_out(desk: Desk) -> None:
    many(desk)
    campaign_id = await desk.launched()
    assert await desk.run_launch(campaign_id) == 40
    await assert_complete(desk, campaign_id)
    assert desk.peers.channel.replayed == []


async def test_texts_carry_the_contacts_own_values_and_link(desk: Desk) -> None:
    campaign_id = await desk.running()
    texts = desk.peers.channel.texts()
    tokens = {row["subscriber_id"]: row["link_token"] for row in await desk.fetch("SELECT * FROM member")}
    link = {one: f"http://127.0.0.1:8080/r/{write_token(tokens[one])}" for one in texts}
    assert texts[2] == f"Men of zip_code-2: {link[2]}"
    assert texts[3] == f"Women of zip_code-3: {link[3]}"
    assert len(set(link.values())) == 6
    assert (await desk.get(campaign_id)).plan.arms[0].template == "Men of {zip_code|your town}: {link}"


async def test_a_missing_value_becomes_the_default_or_nothing(desk: Desk) -> None:
    desk.peers.segment.segments |= {MENS: [10, 11], WOMENS: [20], HOLDOUT: [1]}
    arms = [
        campaign_pb2.Arm(name="mens", segment_id=str(MENS), template="Men of {zip_code|your town}."),
        campaign_pb2.Arm(name="womens", segment_id=str(WOMENS), template="Women of {zip_code}."),
    ]
    await desk.running(arms=arms, link_target="")
    assert desk.peers.channel.texts() == {10: "Men of your town.", 11: "Men of zip_code-11.", 20: "Women of ."}
    assert await desk.fetch("SELECT 1 FROM member WHERE link_token IS NOT NULL") == []


async def test_a_launch_books_the_version_that_was_checked_whatever_is_rebuilt_meanwhile(desk: Desk) -> None:
    campaign_id = await desk.launched()
    desk.peers.segment.version += 4
    await desk.run_launch(campaign_id)
    assert set(desk.peers.segment.versions) == {3}
    assert await desk.fetch("SELECT DISTINCT segment_version FROM arm") == [(3,)]


async def test_running_a_finished_launch_again_changes_nothing(desk: Desk) -> None:
    many(desk)
    campaign_id = await desk.running()
    submissions = list(desk.peers.channel.submissions)
    assert await desk.run_launch(campaign_id) == 0
    assert desk.peers.channel.submissions == submissions
    await assert_complete(desk, campaign_id)


@pytest.mark.parametrize("durably", [False, True])
# The first batch, the one after, both sides of the border between the arms, and the last.
@pytest.mark.parametrize("fail_after", [0, 1, 4, 5, CONTACT_BATCHES - 1])
async def test_a_launch_that_loses_the_channel_anywhere_ends_the_same_when_run_again(
    desk: Desk, fail_after: int, durably: bool
) -> None:
    many(desk)
    campaign_id = await desk.launched()
    desk.peers.channel.fail_after = fail_after
    desk.peers.channel.fail_durably = durably
    with pytest.raises(Unavailable):
        await desk.run_launch(campaign_id)
    assert (await desk.get(campaign_id)).state == campaign_pb2.CAMPAIGN_STATE_LAUNCHING
    await desk.run_launch(campaign_id)
    await assert_complete(desk, campaign_id)
    # What the channel had durably and could not say is sent again, byte for byte, and known by its number.
    again = {key[1] for key, times in Counter(desk.peers.channel.submissions).items() if times > 1}
    assert fail_after + 1 in again
    assert fail_after + 1 in desk.peers.channel.replayed


@pytest.mark.parametrize("seconds", [0.002, 0.01, 0.02, 0.03, 0.05, 0.08])
async def test_a_launch_killed_at_any_time_ends_the_same_when_run_again(desk: Desk, seconds: float) -> None:
    many(desk)
    campaign_id = await desk.launched()
    desk.peers.channel.delay_seconds = 0.004
    for _ in range(3):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(desk.run_launch(campaign_id), seconds)
    await desk.run_launch(campaign_id)
    await assert_complete(desk, campaign_id)


async def test_two_processes_that_run_one_launch_book_nobody_twice(desk: Desk) -> None:
    many(desk)
    campaign_id = await desk.launched()
    desk.peers.channel.delay_seconds = 0.002
    both = await asyncio.gather(desk.run_launch(campaign_id), desk.run_launch(campaign_id), return_exceptions=True)
    assert all(isinstance(one, int | DomainError) for one in both), both
    with contextlib.suppress(DomainError):
        await desk.run_launch(campaign_id)
    await assert_complete(desk, campaign_id)


async def test_a_link_token_drawn_twice_is_drawn_again(desk: Desk) -> None:
    numbers = iter([7, 7, 1, 7, 2, 3, 11, 12, 13])
    campaign_id = await desk.launched()
    await desk.run_launch(campaign_id, draw_number=lambda: next(numbers))
    rows = await desk.fetch("SELECT link_token FROM member WHERE link_token IS NOT NULL ORDER BY 1")
    assert [row["link_token"] for row in rows] == [2, 3, 7, 11, 12, 13]


async def test_who_came_into_a_second_arm_after_the_check_stays_in_the_first(desk: Desk) -> None:
    campaign_id = await desk.launched()
    desk.peers.segment.segments[WOMENS] = [2, 3, 6, 8, 9]
    desk.peers.segment.segments[HOLDOUT] = [1, 4, 5, 7, 10]
    await desk.run_launch(campaign_id)
    rows = await desk.fetch(
        "SELECT arm, array_agg(subscriber_id ORDER BY subscriber_id) AS members FROM member GROUP BY arm"
    )
    assert {row["arm"]: row["members"] for row in rows} == {0: [2, 5, 8], 1: [1, 4, 7, 10], 2: [3, 6, 9]}
    assert sorted(desk.peers.channel.texts()) == [2, 3, 5, 6, 8, 9]


async def test_progress_shows_while_the_launch_runs(desk: Desk) -> None:
    many(desk)
    campaign_id = await desk.launched()
    desk.peers.channel.delay_seconds = 0.02
    seen: list[tuple[int, int]] = []
    job = asyncio.create_task(desk.run_launch(campaign_id))
    while not job.done():
        progress = (await desk.get(campaign_id)).progress
        seen.append((progress.contacts_booked, progress.handed_to_channel))
        await asyncio.sleep(0.01)
    await job
    assert seen == sorted(seen)
    assert any(0 < handed < 40 for _, handed in seen)
    # The channel works while booking goes on: something was handed over before all contacts were booked, or the
    # booking was ahead by more than one batch.
    assert any(booked > handed for booked, handed in seen)


async def test_the_worker_runs_the_job_and_says_why_it_stands_still(desk: Desk) -> None:
    campaign_id = await desk.launched()
    desk.peers.channel.fail_after = 0
    async with desk.launch() as launch:
        handlers: Any = CampaignJobs(database=desk.database, clock=desk.clock, launch=launch).handlers()
        worker = asyncio.create_task(Jobs(desk.database.url, handlers).run())

        async def problem() -> bool:
            return "GONE" in (await desk.get(campaign_id)).progress.problem

        async def runs() -> bool:
            return (await desk.get(campaign_id)).state == campaign_pb2.CAMPAIGN_STATE_RUNNING

        await desk.until(problem)
        await desk.until(runs, seconds=15)
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
    assert (await desk.get(campaign_id)).progress.problem == ""


async def test_the_trace_of_the_launch_goes_on_to_the_channel(desk: Desk) -> None:
    campaign_id = await desk.launched()
    (job,) = await desk.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'launch_campaign'")
    assert campaign_id.encode() in job["payload"]
    trace = "0af7651916cd43dd8448eb211c80319c"
    payload = f'{{"campaign_id": "{campaign_id}", "traceparent": "00-{trace}-b7ad6b7169203331-01"}}'.encode()
    async with desk.launch() as launch:
        await CampaignJobs(database=desk.database, clock=desk.clock, launch=launch).launch(payload)
    assert [traceparent.split("-")[1] for traceparent in desk.peers.channel.traceparents] == [trace]


async def test_a_launch_of_another_state_is_left_alone(desk: Desk) -> None:
    campaign_id = await desk.approved()
    assert await desk.run_launch(campaign_id) == 0
    assert (await desk.get(campaign_id, who=ADMIN)).state == campaign_pb2.CAMPAIGN_STATE_APPROVED
    assert (await desk.get(campaign_id, who=MAKER)).progress.members == 0
