"""All stand-ins behind one real gRPC server with the chassis's own interceptor; it must not keep anything on disk."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from carillon.campaign.v1 import campaign_pb2_grpc
from carillon.catalog.v1 import catalog_pb2_grpc, order_pb2_grpc, outlet_pb2_grpc, sales_pb2_grpc
from carillon.channel.v1 import (
    callback_pb2_grpc,
    consent_pb2_grpc,
    contact_rule_pb2_grpc,
    history_pb2_grpc,
    resource_pb2_grpc,
    script_pb2_grpc,
    single_pb2_grpc,
    template_pb2_grpc,
)
from carillon.common.v1 import metrics_pb2_grpc
from carillon.reward.v1 import (
    affiliate_pb2_grpc,
    commission_pb2_grpc,
    draw_pb2_grpc,
    fulfilment_pb2_grpc,
    gift_pb2_grpc,
    grant_pb2_grpc,
    group_buy_pb2_grpc,
    ledger_pb2_grpc,
    member_discount_pb2_grpc,
    prize_pb2_grpc,
    referral_pb2_grpc,
    sale_pb2_grpc,
    settlement_pb2_grpc,
    subsidy_pb2_grpc,
    voucher_pb2_grpc,
)
from carillon.segment.v1 import (
    classification_pb2_grpc,
    event_pb2_grpc,
    match_pb2_grpc,
    membership_pb2_grpc,
    segment_pb2_grpc,
    snapshot_pb2_grpc,
    subscriber_pb2_grpc,
    tag_pb2_grpc,
)
from carillon_chassis.interceptor import CallInterceptor
from carillon_chassis.server import MetricsServicer
from carillon_gateway.testing.affiliates import AffiliatesStandIn, CommissionsStandIn, SettlementsStandIn
from carillon_gateway.testing.callbacks import CallbacksStandIn
from carillon_gateway.testing.campaigns import CampaignsStandIn, LedgerStandIn, LinksStandIn
from carillon_gateway.testing.catalogue import Calls, CatalogueStandIn, OrdersStandIn, SalesCountsStandIn
from carillon_gateway.testing.contacts import ContactsStandIn
from carillon_gateway.testing.draws import DrawsStandIn
from carillon_gateway.testing.fulfilments import FulfilmentsStandIn
from carillon_gateway.testing.grants import GrantsStandIn
from carillon_gateway.testing.group_buys import GroupBuysStandIn
from carillon_gateway.testing.matches import ClassificationsStandIn, MatchesStandIn
from carillon_gateway.testing.member_discounts import MemberDiscountsStandIn
from carillon_gateway.testing.memberships import MembershipsStandIn, SegmentsStandIn
from carillon_gateway.testing.messaging import (
    ConsentsStandIn,
    ContactRulesStandIn,
    SinglesStandIn,
    TemplatesStandIn,
)
from carillon_gateway.testing.outlets import OutletsStandIn
from carillon_gateway.testing.prizes import PrizesStandIn
from carillon_gateway.testing.referrals import GiftsStandIn, ReferralsStandIn, SubsidiesStandIn
from carillon_gateway.testing.resources import ResourcesStandIn
from carillon_gateway.testing.sales import SalesStandIn
from carillon_gateway.testing.scripts import ScriptsStandIn
from carillon_gateway.testing.segments import EventsStandIn, SnapshotsStandIn, SubscribersStandIn
from carillon_gateway.testing.tags import TagsStandIn
from carillon_gateway.testing.talk import add_talk
from carillon_gateway.testing.vouchers import VouchersStandIn


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """The running stand-ins: their address, their server, and what they saw."""

    address: str
    server: grpc.aio.Server
    calls: Calls
    events: EventsStandIn
    affiliates: AffiliatesStandIn
    callbacks: CallbacksStandIn
    contacts: ContactsStandIn
    draws: DrawsStandIn
    fulfilments: FulfilmentsStandIn
    snapshots: SnapshotsStandIn


@asynccontextmanager
async def stand_ins() -> AsyncIterator[StandIns]:  # noqa: PLR0915 -- one statement a stand-in
    """Serves all five services at one unix socket for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="cgw") as folder:
        address = f"unix:{Path(folder) / 's.sock'}"
        calls, events, snapshots = Calls(), EventsStandIn(), SnapshotsStandIn()
        affiliates = AffiliatesStandIn(calls)
        callbacks = CallbacksStandIn()
        contacts = ContactsStandIn()
        draws = DrawsStandIn()
        fulfilments = FulfilmentsStandIn()
        server = grpc.aio.server(interceptors=[CallInterceptor("stand-in")])
        catalog_pb2_grpc.add_CatalogServiceServicer_to_server(CatalogueStandIn(), server)
        outlet_pb2_grpc.add_OutletServiceServicer_to_server(OutletsStandIn(), server)
        order_pb2_grpc.add_OrderServiceServicer_to_server(OrdersStandIn(calls), server)
        sales_pb2_grpc.add_SalesServiceServicer_to_server(SalesCountsStandIn(), server)
        subscriber_pb2_grpc.add_SubscriberServiceServicer_to_server(SubscribersStandIn(calls), server)
        event_pb2_grpc.add_EventServiceServicer_to_server(events, server)
        segment_pb2_grpc.add_SegmentServiceServicer_to_server(SegmentsStandIn(), server)
        membership_pb2_grpc.add_MembershipServiceServicer_to_server(MembershipsStandIn(), server)
        tag_pb2_grpc.add_TagServiceServicer_to_server(TagsStandIn(), server)
        match_pb2_grpc.add_MatchServiceServicer_to_server(MatchesStandIn(), server)
        classification_pb2_grpc.add_ClassificationServiceServicer_to_server(ClassificationsStandIn(), server)
        snapshot_pb2_grpc.add_SnapshotServiceServicer_to_server(snapshots, server)
        campaign_pb2_grpc.add_CampaignServiceServicer_to_server(CampaignsStandIn(), server)
        campaign_pb2_grpc.add_LinkServiceServicer_to_server(LinksStandIn(calls), server)
        callback_pb2_grpc.add_CallbackServiceServicer_to_server(callbacks, server)
        resource_pb2_grpc.add_ResourceServiceServicer_to_server(ResourcesStandIn(), server)
        script_pb2_grpc.add_ScriptServiceServicer_to_server(ScriptsStandIn(), server)
        history_pb2_grpc.add_ContactHistoryServiceServicer_to_server(contacts, server)
        ledger_pb2_grpc.add_LedgerServiceServicer_to_server(LedgerStandIn(), server)
        draw_pb2_grpc.add_DrawServiceServicer_to_server(draws, server)
        fulfilment_pb2_grpc.add_FulfilmentServiceServicer_to_server(fulfilments, server)
        prize_pb2_grpc.add_PrizeServiceServicer_to_server(PrizesStandIn(), server)
        sale_pb2_grpc.add_SaleServiceServicer_to_server(SalesStandIn(), server)
        referral_pb2_grpc.add_ReferralServiceServicer_to_server(ReferralsStandIn(), server)
        subsidy_pb2_grpc.add_SubsidyServiceServicer_to_server(SubsidiesStandIn(), server)
        member_discount_pb2_grpc.add_MemberDiscountServiceServicer_to_server(MemberDiscountsStandIn(), server)
        gift_pb2_grpc.add_GiftServiceServicer_to_server(GiftsStandIn(), server)
        voucher_pb2_grpc.add_VoucherServiceServicer_to_server(VouchersStandIn(), server)
        grant_pb2_grpc.add_GrantServiceServicer_to_server(GrantsStandIn(), server)
        group_buy_pb2_grpc.add_GroupBuyServiceServicer_to_server(GroupBuysStandIn(), server)
        affiliate_pb2_grpc.add_AffiliateServiceServicer_to_server(affiliates, server)
        commission_pb2_grpc.add_CommissionServiceServicer_to_server(CommissionsStandIn(), server)
        settlement_pb2_grpc.add_SettlementServiceServicer_to_server(SettlementsStandIn(), server)
        add_talk(server)
        consent_pb2_grpc.add_ConsentServiceServicer_to_server(ConsentsStandIn(), server)
        contact_rule_pb2_grpc.add_ContactRuleServiceServicer_to_server(ContactRulesStandIn(), server)
        template_pb2_grpc.add_TemplateServiceServicer_to_server(TemplatesStandIn(), server)
        single_pb2_grpc.add_SingleMessageServiceServicer_to_server(SinglesStandIn(), server)
        metrics_pb2_grpc.add_MetricsServiceServicer_to_server(MetricsServicer(), server)
        state = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(state, server)
        server.add_insecure_port(address)
        await server.start()
        await state.set("", health_pb2.HealthCheckResponse.SERVING)
        try:
            yield StandIns(
                address=address,
                server=server,
                calls=calls,
                events=events,
                affiliates=affiliates,
                callbacks=callbacks,
                contacts=contacts,
                draws=draws,
                fulfilments=fulfilments,
                snapshots=snapshots,
            )
        finally:
            await server.stop(0)
