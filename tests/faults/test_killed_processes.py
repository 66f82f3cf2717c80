"""Whatever is killed in the middle of the launch and of the rewards, the loop ends with the same counts.

No message goes twice to a contact but those that the link had in doubt, no reward is booked twice, nothing is lost.
"""

import asyncio

import pytest

from carillon_deploy.demo.campaigning import launch_campaign
from carillon_deploy.demo.outcome import await_rewards, check_report
from carillon_deploy.demo.replay import replay_outcome
from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import CallRefused
from tests.suite import kill, prepare, running_suite, sent_to, until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(420)]

# Enough that a launch at the limited rate takes several seconds, so that a kill falls into its middle.
ROWS = 4_500
RATE_PER_SECOND = 600


@pytest.mark.parametrize("victim", ["catalog", "segment", "campaign", "reward", "channel", "gateway", "smsc"])
async def test_the_loop_closes_with_the_same_counts_though_a_process_is_killed(victim: str) -> None:
    limited = {"CARILLON_CHANNEL_RATE_LIMIT_PER_SECOND": str(RATE_PER_SECOND)}
    async with running_suite(rows=ROWS, extra=limited) as loop:
        await prepare(loop)

        async def delivered() -> int:
            try:
                return int((await loop.campaign())["progress"]["delivered"])
            except (CallRefused, CommandError):
                return 0

        async def delivering() -> bool:
            return await delivered() > loop.contacts // 10

        async def half_delivered() -> bool:
            return await delivered() > loop.contacts // 2

        launching = asyncio.ensure_future(launch_campaign(loop))
        # Once while contacts are booked and handed over, once on the wire.
        await asyncio.sleep(0.3)
        kill(loop, victim)
        await until("a tenth delivered", delivering)
        kill(loop, victim)
        await until("half delivered", half_delivered)
        await launching

        async def converting() -> bool:
            try:
                return bool(sum(arm["converted"] for arm in (await loop.fetch_report())["arms"]) > 0)
            except (CallRefused, CommandError):
                return False

        replaying = asyncio.ensure_future(replay_outcome(loop))
        await until("the first conversion", converting)
        kill(loop, victim)
        await replaying
        await await_rewards(loop)
        await check_report(loop)

        sent = sent_to(loop)
        assert len(sent) == loop.contacts
        doubles = sum(times > 1 for times in sent.values())
        in_doubt = (await loop.campaign())["progress"]["in_doubt"]
        assert doubles <= in_doubt, f"{doubles} contacts got it twice, {in_doubt} were in doubt"
        if victim not in {"channel", "smsc"}:
            assert (doubles, in_doubt) == (0, 0)
