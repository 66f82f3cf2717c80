"""All stubs and channels to the five services in one object, built in main; it must not know HTTP."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from carillon.campaign.v1.campaign_pb2_grpc import CampaignServiceStub, LinkServiceStub
from carillon.catalog.v1.catalog_pb2_grpc import CatalogServiceStub
from carillon.catalog.v1.order_pb2_grpc import OrderServiceStub
from carillon.catalog.v1.outlet_pb2_grpc import OutletServiceStub
from carillon.catalog.v1.sales_pb2_grpc import SalesServiceStub
from carillon.channel.v1.callback_pb2_grpc import CallbackServiceStub
from carillon.channel.v1.consent_pb2_grpc import ConsentServiceStub
from carillon.channel.v1.contact_rule_pb2_grpc import ContactRuleServiceStub
from carillon.channel.v1.history_pb2_grpc import ContactHistoryServiceStub
from carillon.channel.v1.hotline_pb2_grpc import HotlineServiceStub
from carillon.channel.v1.knowledge_pb2_grpc import KnowledgeServiceStub
from carillon.channel.v1.resource_pb2_grpc import ResourceServiceStub
from carillon.channel.v1.robot_pb2_grpc import RobotServiceStub
from carillon.channel.v1.script_pb2_grpc import ScriptServiceStub
from carillon.channel.v1.session_pb2_grpc import SessionServiceStub
from carillon.channel.v1.single_pb2_grpc import SingleMessageServiceStub
from carillon.channel.v1.template_pb2_grpc import TemplateServiceStub
from carillon.channel.v1.texting_pb2_grpc import TextingServiceStub
from carillon.common.v1 import metrics_pb2
from carillon.common.v1.metrics_pb2_grpc import MetricsServiceStub
from carillon.reward.v1.affiliate_pb2_grpc import AffiliateServiceStub
from carillon.reward.v1.commission_pb2_grpc import CommissionServiceStub
from carillon.reward.v1.draw_pb2_grpc import DrawServiceStub
from carillon.reward.v1.fulfilment_pb2_grpc import FulfilmentServiceStub
from carillon.reward.v1.gift_pb2_grpc import GiftServiceStub
from carillon.reward.v1.grant_pb2_grpc import GrantServiceStub
from carillon.reward.v1.group_buy_pb2_grpc import GroupBuyServiceStub
from carillon.reward.v1.ledger_pb2_grpc import LedgerServiceStub
from carillon.reward.v1.member_discount_pb2_grpc import MemberDiscountServiceStub
from carillon.reward.v1.prize_pb2_grpc import PrizeServiceStub
from carillon.reward.v1.referral_pb2_grpc import ReferralServiceStub
from carillon.reward.v1.sale_pb2_grpc import SaleServiceStub
from carillon.reward.v1.settlement_pb2_grpc import SettlementServiceStub
from carillon.reward.v1.subsidy_pb2_grpc import SubsidyServiceStub
from carillon.reward.v1.voucher_pb2_grpc import VoucherServiceStub
from carillon.segment.v1 import subscriber_pb2
from carillon.segment.v1.classification_pb2_grpc import ClassificationServiceStub
from carillon.segment.v1.event_pb2_grpc import EventServiceStub
from carillon.segment.v1.match_pb2_grpc import MatchServiceStub
from carillon.segment.v1.membership_pb2_grpc import MembershipServiceStub
from carillon.segment.v1.segment_pb2_grpc import SegmentServiceStub
from carillon.segment.v1.snapshot_pb2_grpc import SnapshotServiceStub
from carillon.segment.v1.subscriber_pb2_grpc import SubscriberServiceStub
from carillon.segment.v1.tag_pb2_grpc import TagServiceStub
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.errors import DomainError, NotFound
from carillon_gateway.claim_gathering import ClaimGathering
from carillon_gateway.robot_gathering import RobotGathering

SERVICES = ("catalog", "segment", "campaign", "reward", "channel")
# Who asks for readiness or metrics wants an answer now, even if it is that a service does not answer.
PROBE_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """The stubs by what they are about; ``channels`` by service name."""

    channels: Mapping[str, grpc.aio.Channel]
    catalogue: CatalogServiceStub
    orders: OrderServiceStub
    outlets: OutletServiceStub
    sales_counts: SalesServiceStub
    snapshots: SnapshotServiceStub
    segments: SegmentServiceStub
    memberships: MembershipServiceStub
    subscribers: SubscriberServiceStub
    events: EventServiceStub
    matches: MatchServiceStub
    tags: TagServiceStub
    classes: ClassificationServiceStub
    campaigns: CampaignServiceStub
    links: LinkServiceStub
    callbacks: CallbackServiceStub
    resources: ResourceServiceStub
    contact_history: ContactHistoryServiceStub
    consents: ConsentServiceStub
    contact_rules: ContactRuleServiceStub
    templates: TemplateServiceStub
    singles: SingleMessageServiceStub
    ledger: LedgerServiceStub
    affiliates: AffiliateServiceStub
    commissions: CommissionServiceStub
    settlements: SettlementServiceStub
    draws: DrawServiceStub
    prizes: PrizeServiceStub
    sales: SaleServiceStub
    claims: ClaimGathering
    grants: GrantServiceStub
    group_buys: GroupBuyServiceStub
    vouchers: VoucherServiceStub
    referrals: ReferralServiceStub
    subsidies: SubsidyServiceStub
    gifts: GiftServiceStub
    member_discounts: MemberDiscountServiceStub
    fulfilments: FulfilmentServiceStub
    sessions: SessionServiceStub
    robots: RobotServiceStub
    sayings: RobotGathering
    knowledge: KnowledgeServiceStub
    hotline: HotlineServiceStub
    texting: TextingServiceStub
    scripts: ScriptServiceStub

    async def subscriber_id(self, msisdn: str, *, field: str = "msisdn") -> int:
        """The ordinal behind an E.164 number. Raises NotFound SUBSCRIBER_UNKNOWN."""
        [subscriber_id] = await self.subscriber_ids([msisdn], field=field)
        return subscriber_id

    async def subscriber_ids(self, msisdns: Sequence[str], *, field: str = "msisdn") -> list[int]:
        """Of each number, in their order, asked for in one call. Raises NotFound SUBSCRIBER_UNKNOWN."""
        request = subscriber_pb2.ResolveNumbersRequest(msisdns=list(dict.fromkeys(msisdns)))
        answer = await invoke(self.subscribers.ResolveNumbers, request)
        known = {entry.msisdn: entry.subscriber_id for entry in answer.entries}
        if len(known) < len(request.msisdns):
            raise NotFound(
                reason="SUBSCRIBER_UNKNOWN", field=field, detail="no snapshot has brought a subscriber with this number"
            )
        return [known[msisdn] for msisdn in msisdns]

    async def health(self) -> dict[str, str]:
        """Of each service: serving, not_serving or unreachable."""
        states = await asyncio.gather(*(self._health(name) for name in SERVICES))
        return dict(zip(SERVICES, states, strict=True))

    async def expositions(self) -> dict[str, str]:
        """The metrics of each service that answers, in Prometheus text."""
        texts = await asyncio.gather(*(self._exposition(name) for name in SERVICES))
        return {name: text for name, text in zip(SERVICES, texts, strict=True) if text}

    async def close(self) -> None:
        """Closes all channels."""
        await asyncio.gather(*(channel.close() for channel in self.channels.values()))

    async def _health(self, name: str) -> str:
        check = health_pb2_grpc.HealthStub(self.channels[name]).Check
        try:
            answer = await invoke(check, health_pb2.HealthCheckRequest(), timeout_seconds=PROBE_TIMEOUT_SECONDS)
        except DomainError:
            return "unreachable"
        serving = health_pb2.HealthCheckResponse.SERVING
        return "serving" if answer.status == serving else "not_serving"

    async def _exposition(self, name: str) -> str:
        collect = MetricsServiceStub(self.channels[name]).CollectMetrics
        try:
            answer = await invoke(collect, metrics_pb2.CollectMetricsRequest(), timeout_seconds=PROBE_TIMEOUT_SECONDS)
        except DomainError:
            return ""
        return answer.exposition


def open_peers(
    addresses: Mapping[str, str],
    *,
    authority: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> Peers:
    """Channels to the five ``addresses`` by service name, and the stubs over them; nothing is dialled yet."""
    channels = {
        name: open_channel(addresses[name], authority=authority, certificate=certificate, key=key) for name in SERVICES
    }
    sales, robots = SaleServiceStub(channels["reward"]), RobotServiceStub(channels["channel"])
    return Peers(
        channels=channels,
        catalogue=CatalogServiceStub(channels["catalog"]),
        orders=OrderServiceStub(channels["catalog"]),
        outlets=OutletServiceStub(channels["catalog"]),
        sales_counts=SalesServiceStub(channels["catalog"]),
        snapshots=SnapshotServiceStub(channels["segment"]),
        segments=SegmentServiceStub(channels["segment"]),
        memberships=MembershipServiceStub(channels["segment"]),
        subscribers=SubscriberServiceStub(channels["segment"]),
        events=EventServiceStub(channels["segment"]),
        matches=MatchServiceStub(channels["segment"]),
        tags=TagServiceStub(channels["segment"]),
        classes=ClassificationServiceStub(channels["segment"]),
        campaigns=CampaignServiceStub(channels["campaign"]),
        links=LinkServiceStub(channels["campaign"]),
        callbacks=CallbackServiceStub(channels["channel"]),
        resources=ResourceServiceStub(channels["channel"]),
        contact_history=ContactHistoryServiceStub(channels["channel"]),
        consents=ConsentServiceStub(channels["channel"]),
        contact_rules=ContactRuleServiceStub(channels["channel"]),
        templates=TemplateServiceStub(channels["channel"]),
        singles=SingleMessageServiceStub(channels["channel"]),
        ledger=LedgerServiceStub(channels["reward"]),
        affiliates=AffiliateServiceStub(channels["reward"]),
        commissions=CommissionServiceStub(channels["reward"]),
        settlements=SettlementServiceStub(channels["reward"]),
        draws=DrawServiceStub(channels["reward"]),
        prizes=PrizeServiceStub(channels["reward"]),
        sales=sales,
        claims=ClaimGathering(sales),
        grants=GrantServiceStub(channels["reward"]),
        group_buys=GroupBuyServiceStub(channels["reward"]),
        vouchers=VoucherServiceStub(channels["reward"]),
        referrals=ReferralServiceStub(channels["reward"]),
        subsidies=SubsidyServiceStub(channels["reward"]),
        gifts=GiftServiceStub(channels["reward"]),
        member_discounts=MemberDiscountServiceStub(channels["reward"]),
        fulfilments=FulfilmentServiceStub(channels["reward"]),
        sessions=SessionServiceStub(channels["channel"]),
        robots=robots,
        sayings=RobotGathering(robots),
        knowledge=KnowledgeServiceStub(channels["channel"]),
        hotline=HotlineServiceStub(channels["channel"]),
        texting=TextingServiceStub(channels["channel"]),
        scripts=ScriptServiceStub(channels["channel"]),
    )
