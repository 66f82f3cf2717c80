"""Grants as their callers know them over gRPC, and the facts booked by hand, so that a test sets the time."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.catalog.v1 import facts_pb2 as catalog_facts
from carillon.reward.v1 import grant_pb2, grant_pb2_grpc, ledger_pb2, ledger_pb2_grpc
from carillon.segment.v1 import facts_pb2 as segment_facts
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.ids import new_id
from svc_reward.app.book_transfers import book_transfers
from svc_reward.app.fund_campaign import fund_campaign
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.account import (
    AccountKind,
    AccountName,
    budget_account,
    issuance_account,
    redeemed_account,
    subscriber_account,
)
from svc_reward.domain.transfer import move
from svc_reward.store.accounts import list_balances
from svc_reward.worker.choice_clock import ChoiceClock
from svc_reward.worker.grant_facts import GrantFacts

MAKER = Identity(subject="maker", roles=frozenset({"province_admin"}))
CHECKER = Identity(subject="checker", roles=frozenset({"approver"}))
PORTAL = Identity(subject="portal", roles=frozenset({"portal"}))
AFFILIATE = Identity(subject="poco", roles=frozenset({"affiliate"}))

ZONE = ZoneInfo("Asia/Shanghai")


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


def points(amount: int = 10, currency: str = "campus_points", **values: Any) -> grant_pb2.Reward:
    return grant_pb2.Reward(kind=grant_pb2.REWARD_KIND_CURRENCY, amount=amount, currency=currency, **values)


def offer(*rewards: grant_pb2.Reward, **values: Any) -> grant_pb2.Offer:
    return grant_pb2.Offer(rewards=rewards or [points()], **values)


def shape(kind: str = "FLAT", **values: Any) -> grant_pb2.GrantShape:
    return grant_pb2.GrantShape(kind=grant_pb2.ShapeKind.Value(f"SHAPE_KIND_{kind}"), **values)


def state_of(grant: grant_pb2.Grant) -> str:
    return grant_pb2.GrantState.Name(grant.state).removeprefix("GRANT_STATE_").lower()


@dataclass(slots=True)
class GrantsDesk:
    """All calls about grants; the clock is the test's."""

    channel: grpc.aio.Channel
    database: Database
    clock: FixedClock
    keys: Any = field(default_factory=lambda: count(1))
    grants: "grant_pb2_grpc.GrantServiceStub" = field(init=False)
    ledger: "ledger_pb2_grpc.LedgerServiceStub" = field(init=False)

    def __post_init__(self) -> None:
        self.grants = grant_pb2_grpc.GrantServiceStub(self.channel)
        self.ledger = ledger_pb2_grpc.LedgerServiceStub(self.channel)

    @property
    def means(self) -> RewardMeans:
        return RewardMeans(clock=self.clock, zone=ZONE, ids=new_id, random_bytes=secrets.token_bytes)

    def key(self) -> str:
        return f"key-{next(self.keys)}"

    def pass_days(self, days: float) -> None:
        self.clock.at += timedelta(days=days)

    async def propose(self, *, by: Identity = MAKER, **values: Any) -> grant_pb2.GrantRule:
        standard: dict[str, Any] = {
            "name": "points for ordering",
            "trigger": grant_pb2.GRANT_TRIGGER_ORDER,
            "payee": grant_pb2.PAYEE_SUBSCRIBER,
            "shape": shape(),
            "offer": offer(),
            "valid_from": stamp(datetime(2026, 1, 1, tzinfo=UTC)),
        }
        request = grant_pb2.CreateGrantRuleRequest(
            request_id=self.key(), terms=grant_pb2.GrantTerms(**(standard | values))
        )
        with acting_as(by):
            return (await invoke(self.grants.CreateGrantRule, request)).rule

    async def approve(self, number: int, *, by: Identity = CHECKER) -> grant_pb2.GrantRule:
        with acting_as(by):
            request = grant_pb2.ApproveGrantRuleRequest(request_id=self.key(), number=number)
            return (await invoke(self.grants.ApproveGrantRule, request)).rule

    async def end_rule(self, number: int, *, by: Identity = CHECKER) -> grant_pb2.GrantRule:
        with acting_as(by):
            request = grant_pb2.EndGrantRuleRequest(request_id=self.key(), number=number)
            return (await invoke(self.grants.EndGrantRule, request)).rule

    async def rule(self, **values: Any) -> int:
        """The number of an approved rule."""
        return (await self.approve((await self.propose(**values)).number)).number

    async def event_rule(self, *types: str, **values: Any) -> int:
        return await self.rule(trigger=grant_pb2.GRANT_TRIGGER_EVENT, event_types=types, **values)

    async def rules(self, **values: Any) -> grant_pb2.ListGrantRulesResponse:
        with acting_as(MAKER):
            return await invoke(self.grants.ListGrantRules, grant_pb2.ListGrantRulesRequest(**values))

    async def fund(self, campaign_id: str, amount: int, currency: str = "campus_points") -> None:
        async with self.database.unit_of_work() as unit:
            outcome = await fund_campaign(
                unit, campaign_id=campaign_id, currency=currency, amount=amount, clock=self.clock
            )
        assert outcome.stands

    async def fund_more(self, campaign_id: str, amount: int, currency: str = "campus_points") -> None:
        await self.move(issuance_account(currency), budget_account(campaign_id, currency), amount)

    async def spend(self, subscriber_id: int, amount: int, currency: str = "campus_points") -> None:
        await self.move(subscriber_account(subscriber_id, currency), redeemed_account(currency), amount)

    async def move(self, source: AccountName, target: AccountName, amount: int) -> None:
        async with self.database.unit_of_work() as unit:
            made = move(self.key(), source=source, target=target, amount=amount, reason="test")
            await book_transfers(unit, [made], clock=self.clock)

    async def order(self, order_id: str, *, at: datetime | None = None, **values: Any) -> None:
        """svc-catalog's fact, booked as the follower books it."""
        standard: dict[str, Any] = {"subscriber_id": 7, "service": "CRBT", "amount_fen": 1000}
        fact = catalog_facts.OrderActivated(
            order_id=order_id, activated_at=stamp(at or self.clock.at), **(standard | values)
        )
        async with self.database.unit_of_work() as unit:
            await GrantFacts(self.means).order(unit, fact, self.clock.at)

    async def end(self, order_id: str, *, at: datetime | None = None) -> None:
        fact = catalog_facts.SubscriptionEnded(
            order_id=order_id, subscriber_id=7, service="CRBT", ended_at=stamp(at or self.clock.at)
        )
        async with self.database.unit_of_work() as unit:
            await GrantFacts(self.means).end(unit, fact, self.clock.at)

    async def events(self, *events: segment_facts.RecordedEvent) -> None:
        async with self.database.unit_of_work() as unit:
            await GrantFacts(self.means).events(unit, segment_facts.EventsRecorded(events=events), self.clock.at)

    async def did(self, type: str, *, subscriber_id: int = 7, at: datetime | None = None, **attributes: str) -> None:  # noqa: A002 -- the event's own word
        """One event."""
        await self.events(
            segment_facts.RecordedEvent(
                subscriber_id=subscriber_id, type=type, at=stamp(at or self.clock.at), attributes=attributes
            )
        )

    async def lapse(self) -> None:
        await ChoiceClock(self.database, self.means).step()

    async def choose(self, grant_id: str, choice: int, *, by: Identity = PORTAL, key: str = "") -> grant_pb2.Grant:
        request = grant_pb2.ChooseRewardRequest(request_id=key or self.key(), grant_id=grant_id, choice=choice)
        with acting_as(by):
            return (await invoke(self.grants.ChooseReward, request)).grant

    async def retry(self, grant_id: str, *, by: Identity = MAKER) -> grant_pb2.Grant:
        request = grant_pb2.RetryGrantRequest(request_id=self.key(), grant_id=grant_id)
        with acting_as(by):
            return (await invoke(self.grants.RetryGrant, request)).grant

    async def award(self, rule: int, reference: str, *subscriber_ids: int, by: Identity = CHECKER) -> list[str]:
        """States of what each was granted."""
        request = grant_pb2.AwardRewardsRequest(
            request_id=self.key(), rule=rule, reference=reference, subscriber_ids=subscriber_ids
        )
        with acting_as(by):
            return [state_of(grant) for grant in (await invoke(self.grants.AwardRewards, request)).grants]

    async def refusals(self, rule: int, **values: Any) -> grant_pb2.ListRefusalsResponse:
        with acting_as(CHECKER):
            return await invoke(self.grants.ListRefusals, grant_pb2.ListRefusalsRequest(rule=rule, **values))

    async def retry_all(self, rule: int) -> grant_pb2.RetryRefusalsResponse:
        with acting_as(MAKER):
            request = grant_pb2.RetryRefusalsRequest(request_id=self.key(), rule=rule)
            return await invoke(self.grants.RetryRefusals, request)

    async def of_order(self, order_id: str, *, by: Identity = PORTAL) -> grant_pb2.GetOrderRewardsResponse:
        with acting_as(by):
            return await invoke(self.grants.GetOrderRewards, grant_pb2.GetOrderRewardsRequest(order_id=order_id))

    async def page(
        self,
        owner: str = "7",
        kind: ledger_pb2.AccountKind.ValueType = ledger_pb2.ACCOUNT_KIND_SUBSCRIBER,
        **values: Any,
    ) -> grant_pb2.ListGrantsResponse:
        request = grant_pb2.ListGrantsRequest(owner_kind=kind, owner=owner, **values)
        with acting_as(PORTAL):
            return await invoke(self.grants.ListGrants, request)

    async def granted(
        self,
        owner: str = "7",
        kind: ledger_pb2.AccountKind.ValueType = ledger_pb2.ACCOUNT_KIND_SUBSCRIBER,
    ) -> Sequence[grant_pb2.Grant]:
        """All grants of an owner, by source and part."""
        grants = (await self.page(owner, kind, page_size=200)).grants
        return sorted(grants, key=lambda grant: (grant.source, grant.rule, grant.part))

    async def states(self, owner: str = "7") -> list[tuple[str, str]]:
        """State and reason of each."""
        return [(state_of(grant), grant.reason) for grant in await self.granted(owner)]

    async def balance(
        self, owner: str = "7", currency: str = "campus_points", kind: AccountKind = AccountKind.SUBSCRIBER
    ) -> int:
        async with self.database.read() as unit:
            balances = await list_balances(unit, kind=kind, owner=owner)
        return {balance.currency: balance.amount for balance in balances}.get(currency, 0)
