"""What the referrals' tests share: the service by a clock of the test, a funded campaign, and a snapshot to ask."""

import random
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from carillon.segment.v1 import subscriber_pb2_grpc
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.ids import new_id
from carillon_chassis.testing.plugin import Serving
from svc_reward.app.book_transfers import book_transfers
from svc_reward.app.fund_campaign import fund_campaign
from svc_reward.app.reward_means import RewardMeans
from svc_reward.app.settle_referrals import LuckyCodes
from svc_reward.domain.account import budget_account, issuance_account
from svc_reward.domain.transfer import move
from svc_reward.main import build
from svc_reward.settings import Settings

from .circle import Circle, Snapshot
from .referral_values import CAMPAIGN, NOON


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(at=NOON)


@pytest.fixture
def snapshot() -> Snapshot:
    return Snapshot()  # type: ignore[abstract]  # referrals ask for nothing else


@pytest.fixture
async def channel(
    owned: Database, clock: FixedClock, serving: Serving, snapshot: Snapshot
) -> AsyncIterator[grpc.aio.Channel]:
    """svc-reward by the test's clock, without its workers, and a svc-segment that knows attributes."""
    server = grpc.aio.server()
    subscriber_pb2_grpc.add_SubscriberServiceServicer_to_server(snapshot, server)
    # A socket's path has to be short.
    with tempfile.TemporaryDirectory(prefix="cgr") as folder:
        segment = f"unix:{Path(folder) / 's.sock'}"
        server.add_insecure_port(segment)
        await server.start()
        settings = Settings(
            database_url=owned.url,
            listen="unix:unused",
            campaign_address="unix:/nobody",
            catalog_address="unix:/nobody",
            segment_address=segment,
        )
        service = build(settings, clock=clock)
        async with serving(service, with_workers=False) as channel:
            yield channel
        await service.database.close()
        await server.stop(0)


@pytest.fixture
async def circle(channel: grpc.aio.Channel, ledger: Database, clock: FixedClock, snapshot: Snapshot) -> Circle:
    """All calls about referrals; the campaign has a budget of 1,000 seeds and 10,000 fen."""
    async with ledger.unit_of_work() as unit:
        await fund_campaign(unit, campaign_id=CAMPAIGN, currency="seeds", amount=1000, clock=clock)
        credit = move(
            "fund:friends:credit",
            source=issuance_account("phone_credit_fen"),
            target=budget_account(CAMPAIGN, "phone_credit_fen"),
            amount=10_000,
            reason="test",
        )
        await book_transfers(unit, [credit], clock=clock)
    dice = random.Random(20110321)
    means = RewardMeans(
        clock=clock, zone=Settings.model_fields["time_zone"].default, ids=new_id, random_bytes=dice.randbytes
    )
    return Circle(channel, ledger, clock, LuckyCodes(means=means, randoms=dice.randrange), snapshot)
