"""Referrals as their callers know them over gRPC, and what followers hear, told by hand at a time of the test's."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.catalog.v1 import facts_pb2 as catalog_facts
from carillon.reward.v1 import draw_pb2, draw_pb2_grpc, grant_pb2, referral_pb2, referral_pb2_grpc
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon.segment.v1 import subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from svc_reward.app.settle_referrals import LuckyCodes
from svc_reward.worker.referral_facts import ReferralFacts

from .referral_values import CAMPAIGN, NOON

MAKER = Identity(subject="maker", roles=frozenset({"province_admin"}))
CHECKER = Identity(subject="checker", roles=frozenset({"approver"}))
PORTAL = Identity(subject="portal", roles=frozenset({"portal"}))
SERVICE = "MOBILE_MARKET"
ENTRIES = "SELECT subscriber, source_key FROM draw_entry WHERE draw = $1::text::uuid ORDER BY subscriber, source_key"
HELD = """
SELECT account.kind || '/' || account.owner AS name, balance.amount
FROM balance JOIN account ON account.number = balance.account WHERE account.currency = $1 AND kind <> 'issuance'
"""


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


def seeds(amount: int, **values: Any) -> grant_pb2.Reward:
    standard: dict[str, Any] = {"kind": grant_pb2.REWARD_KIND_CURRENCY, "currency": "seeds", "campaign_id": CAMPAIGN}
    return grant_pb2.Reward(amount=amount, **(standard | values))


class Snapshot(subscriber_pb2_grpc.SubscriberServiceServicer):
    """svc-segment as far as referrals ask it: the attributes of some subscribers."""

    def __init__(self) -> None:
        self.attributes: dict[int, list[subscriber_pb2.AttributeValue]] = {}
        self.asked: list[int] = []

    async def GetSubscriber(self, request: subscriber_pb2.GetSubscriberRequest, context: Any) -> Any:
        """What was set."""
        self.asked.append(request.subscriber_id)
        return subscriber_pb2.GetSubscriberResponse(
            subscriber_id=request.subscriber_id, attributes=self.attributes.get(request.subscriber_id, [])
        )


@dataclass(slots=True)
class Circle:
    """Friends, their recommendations, and what becomes known of them."""

    channel: grpc.aio.Channel
    database: Database
    clock: FixedClock
    lucky: LuckyCodes
    snapshot: Snapshot
    keys: Any = field(default_factory=lambda: count(1))
    stub: "referral_pb2_grpc.ReferralServiceStub" = field(init=False)
    facts: ReferralFacts = field(init=False)

    def __post_init__(self) -> None:
        self.stub = referral_pb2_grpc.ReferralServiceStub(self.channel)
        self.facts = ReferralFacts(self.lucky)

    def key(self) -> str:
        return f"key-{next(self.keys)}"

    def pass_days(self, days: float) -> None:
        self.clock.at += timedelta(days=days)

    async def propose(self, *, by: Identity = MAKER, **changes: Any) -> referral_pb2.Programme:
        values: dict[str, Any] = {
            "name": "推荐送好礼",
            "campaign_id": CAMPAIGN,
            "services": [SERVICE],
            "needs_activation": True,
            "event_types": ["downloaded", "logged_in"],
            "valid_from": stamp(NOON - timedelta(days=30)),
            "window_days": 14,
            "late_days": 2,
            "max_friends": 10,
            "referrer_offer": grant_pb2.Offer(rewards=[seeds(50)]),
            "friend_offer": grant_pb2.Offer(rewards=[seeds(20)]),
        }
        terms = referral_pb2.ProgrammeTerms(**{key: value for key, value in (values | changes).items() if value})
        request = referral_pb2.CreateProgrammeRequest(request_id=self.key(), terms=terms)
        with acting_as(by):
            return (await invoke(self.stub.CreateProgramme, request)).programme

    async def approve(self, number: int, *, by: Identity = CHECKER) -> referral_pb2.Programme:
        request = referral_pb2.ApproveProgrammeRequest(request_id=self.key(), number=number)
        with acting_as(by):
            return (await invoke(self.stub.ApproveProgramme, request)).programme

    async def end_programme(self, number: int, *, by: Identity = CHECKER) -> referral_pb2.Programme:
        request = referral_pb2.EndProgrammeRequest(request_id=self.key(), number=number)
        with acting_as(by):
            return (await invoke(self.stub.EndProgramme, request)).programme

    async def programme(self, **changes: Any) -> int:
        return (await self.approve((await self.propose(**changes)).number)).number

    async def recommend(
        self, programme: int, referrer: int, friend: int, *, by: Identity = PORTAL, key: str = "", hint: str = ""
    ) -> referral_pb2.Referral:
        request = referral_pb2.RecommendFriendRequest(
            request_id=key or self.key(),
            programme=programme,
            referrer_id=referrer,
            friend_id=friend,
            friend_hint=hint,
        )
        with acting_as(by):
            return (await invoke(self.stub.RecommendFriend, request, timeout_seconds=30)).referral

    async def code(self, programme: int, subscriber: int, *, by: Identity = PORTAL) -> str:
        request = referral_pb2.IssueCodeRequest(request_id=self.key(), programme=programme, subscriber_id=subscriber)
        with acting_as(by):
            return (await invoke(self.stub.IssueCode, request)).code

    async def accept(self, code: str, friend: int, *, by: Identity = PORTAL) -> referral_pb2.Referral:
        request = referral_pb2.AcceptCodeRequest(request_id=self.key(), code=code, friend_id=friend)
        with acting_as(by):
            return (await invoke(self.stub.AcceptCode, request, timeout_seconds=30)).referral

    async def listed(self, referrer: int, **values: Any) -> referral_pb2.ListReferralsResponse:
        request = referral_pb2.ListReferralsRequest(referrer_id=referrer, **values)
        with acting_as(PORTAL):
            return await invoke(self.stub.ListReferrals, request)

    async def states(self, referrer: int) -> list[str]:
        """Of the referrer's, the newest first."""
        return [
            referral_pb2.ReferralState.Name(one.state).removeprefix("REFERRAL_STATE_").lower()
            for one in (await self.listed(referrer)).referrals
        ]

    def activation(
        self, friend: int, *, service: str = SERVICE, order_id: str = "", at: datetime | None = None
    ) -> catalog_facts.OrderActivated:
        """svc-catalog's fact."""
        return catalog_facts.OrderActivated(
            order_id=order_id or f"order-{friend}-{service}",
            subscriber_id=friend,
            service=service,
            activated_at=stamp(at or self.clock.at),
        )

    def deeds(self, friend: int, *kinds: str, at: datetime | None = None) -> segment_facts.EventsRecorded:
        """svc-segment's fact."""
        return segment_facts.EventsRecorded(
            events=[
                segment_facts.RecordedEvent(subscriber_id=friend, type=kind, at=stamp(at or self.clock.at))
                for kind in kinds
            ]
        )

    async def activate(
        self, friend: int, *, service: str = SERVICE, order_id: str = "", at: datetime | None = None
    ) -> None:
        """Booked as the follower books it."""
        fact = self.activation(friend, service=service, order_id=order_id, at=at)
        async with self.database.unit_of_work() as unit:
            await self.facts.start(unit, fact, self.clock.at)

    async def end(self, friend: int, *, service: str = SERVICE, order_id: str = "", at: datetime | None = None) -> None:
        fact = catalog_facts.SubscriptionEnded(
            order_id=order_id or f"order-{friend}-{service}",
            subscriber_id=friend,
            service=service,
            ended_at=stamp(at or self.clock.at),
        )
        async with self.database.unit_of_work() as unit:
            await self.facts.end(unit, fact, self.clock.at)

    async def does(self, friend: int, *kinds: str, at: datetime | None = None) -> None:
        """Booked as the follower books it."""
        async with self.database.unit_of_work() as unit:
            await self.facts.events(unit, self.deeds(friend, *kinds, at=at), self.clock.at)

    async def open_draw(self, **changes: Any) -> str:
        """The id of an open draw of ten days."""
        plan: dict[str, Any] = {
            "name": "Lucky codes",
            "campaign_id": CAMPAIGN,
            "prizes": [draw_pb2.DrawPrize(code="phone", name="手机", weight=1, stock=1)],
            "closes_at": stamp(self.clock.at + timedelta(days=10)),
            "reveal_by": stamp(self.clock.at + timedelta(days=12)),
        }
        stub = draw_pb2_grpc.DrawServiceStub(self.channel)
        create = draw_pb2.CreateDrawRequest(request_id=self.key(), plan=draw_pb2.DrawPlan(**(plan | changes)))
        with acting_as(MAKER):
            draw_id = (await invoke(stub.CreateDraw, create)).draw.id
            commitment = hashlib.sha256(draw_id.encode()).digest()
            await invoke(
                stub.OpenDraw,
                draw_pb2.OpenDrawRequest(request_id=self.key(), draw_id=draw_id, commitment=commitment),
            )
        return draw_id

    async def entries(self, draw_id: str) -> list[tuple[int, str]]:
        """Subscriber and source key of each."""
        async with self.database.read() as unit:
            return [tuple(row) for row in await unit.driver.fetch(ENTRIES, draw_id)]

    async def held(self, currency: str = "seeds") -> Mapping[str, int]:
        """What stands on accounts, without those that are empty."""
        async with self.database.read() as unit:
            return {row["name"]: row["amount"] for row in await unit.driver.fetch(HELD, currency) if row["amount"]}
