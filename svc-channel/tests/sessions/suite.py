"""Stands in for the services that sessions call, over one real gRPC server; nothing of it is used by the product."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from carillon.campaign.v1 import campaign_pb2, campaign_pb2_grpc
from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc, order_pb2, order_pb2_grpc, sales_pb2, sales_pb2_grpc
from carillon.reward.v1 import draw_pb2, draw_pb2_grpc, ledger_pb2, ledger_pb2_grpc, sale_pb2, sale_pb2_grpc
from carillon.segment.v1 import event_pb2, event_pb2_grpc, subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.errors import DomainError, Unavailable
from carillon_chassis.identity import Identity, current_identity, require_role
from carillon_chassis.interceptor import CallInterceptor

ORDER_ID = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"
STRANGER = "+8613900000000"


def service(code: str, zh: str, en: str, **fields: Any) -> catalog_pb2.Service:
    """A service of the catalogue."""
    return catalog_pb2.Service(code=code, name_zh=zh, name_en=en, **fields)


SERVICES = [
    service("SMS", "短信", "SMS"),
    service(
        "CRBT",
        "彩铃",
        "Ring-back tone",
        ocrm_marketed=True,
        prices=catalog_pb2.MemberPrices(premium_fen=300, ordinary_fen=400, non_member_fen=550),
    ),
    service(
        "CRBT_DOWNLOAD",
        "彩铃下载",
        "Tone download",
        prices=catalog_pb2.MemberPrices(premium_fen=100, ordinary_fen=200, non_member_fen=300),
    ),
    service("NEWSPAPER", "手机报", "Mobile newspaper", ocrm_marketed=True, aliases_zh=["手机报纸"]),
]


def campaign(number: int, name: str, **fields: Any) -> campaign_pb2.Campaign:
    """A running campaign."""
    return campaign_pb2.Campaign(
        id=f"0199d1a0-6f5e-7c3a-9b1e-{number:012d}",
        plan=campaign_pb2.CampaignPlan(name=name, link_target="http://example.com/c"),
        **{"state": campaign_pb2.CAMPAIGN_STATE_RUNNING, **fields},
    )


@dataclass
class Suite(
    catalog_pb2_grpc.CatalogServiceServicer,
    sales_pb2_grpc.SalesServiceServicer,
    order_pb2_grpc.OrderServiceServicer,
    ledger_pb2_grpc.LedgerServiceServicer,
    draw_pb2_grpc.DrawServiceServicer,
    sale_pb2_grpc.SaleServiceServicer,
    event_pb2_grpc.EventServiceServicer,
    subscriber_pb2_grpc.SubscriberServiceServicer,
    campaign_pb2_grpc.CampaignServiceServicer,
):
    """All of them at once, with what a test sets and what it wants to see."""

    address: str
    folder: Path
    away: bool = False
    orders: dict[str, order_pb2.PlaceOrderRequest] = field(default_factory=dict)
    slow: float = 0.0
    refusal: DomainError | None = None
    confirmed: list[str] = field(default_factory=list)
    state: "order_pb2.OrderState.ValueType" = order_pb2.ORDER_STATE_ACTIVE
    unconfirmed: "order_pb2.OrderState.ValueType" = order_pb2.ORDER_STATE_PENDING_CONFIRMATION
    tickets: set[tuple[str, int, str]] = field(default_factory=set)
    claims: list[sale_pb2.Attempt] = field(default_factory=list)
    claim_outcome: str = "CLAIMED"
    events: list[event_pb2.Event] = field(default_factory=list)
    balances: list[ledger_pb2.Balance] = field(default_factory=list)
    campaigns: list[campaign_pb2.Campaign] = field(default_factory=list)
    members: dict[int, str] = field(default_factory=dict)
    sales: list[sales_pb2.SalesRow] = field(default_factory=list)
    sales_asked: list[tuple[Identity, sales_pb2.CountSalesRequest]] = field(default_factory=list)
    numberless: set[int] = field(default_factory=set)

    async def ListServices(self, request: catalog_pb2.ListServicesRequest, context: Any) -> Any:
        """Three services."""
        self._present()
        return catalog_pb2.ListServicesResponse(services=SERVICES)

    async def ListChannels(self, request: catalog_pb2.ListChannelsRequest, context: Any) -> Any:
        """Two touch points."""
        self._present()
        channels = [
            catalog_pb2.Channel(code="HALL", name_zh="服务厅", name_en="Service hall", aliases_zh=["营业厅"]),
            catalog_pb2.Channel(code="SMS", name_zh="短信", name_en="SMS", spellings=["text"]),
        ]
        return catalog_pb2.ListChannelsResponse(channels=channels)

    async def CountSales(self, request: sales_pb2.CountSalesRequest, context: Any) -> Any:
        """What the test set, of the caller's branch."""
        self._present()
        identity = current_identity()
        require_role(identity, "agent", "hall_terminal", "province_admin")
        self.sales_asked.append((identity, request))
        rows = [row for row in self.sales if identity.branch in {"", row.branch}]
        return sales_pb2.CountSalesResponse(
            rows=[row for row in rows if row.service in (request.services or row.service)]
        )

    async def PlaceOrder(self, request: order_pb2.PlaceOrderRequest, context: Any) -> Any:
        """Each request id once."""
        self._present()
        require_role(current_identity(), "portal")
        if self.refusal is not None:
            raise self.refusal
        self.orders.setdefault(request.request_id, request)
        await asyncio.sleep(self.slow)
        return order_pb2.PlaceOrderResponse(order=order_pb2.Order(id=ORDER_ID, service=request.service))

    async def ConfirmOrder(self, request: order_pb2.ConfirmOrderRequest, context: Any) -> Any:
        """As the test says."""
        self._present()
        if self.refusal is not None:
            raise self.refusal
        self.confirmed.append(request.order_id)
        return order_pb2.ConfirmOrderResponse(order=order_pb2.Order(id=request.order_id, state=self.state))

    async def GetOrder(self, request: order_pb2.GetOrderRequest, context: Any) -> Any:
        """Waits until it is confirmed or the test says otherwise."""
        self._present()
        require_role(current_identity(), "portal")
        is_active = request.order_id in self.confirmed
        state = order_pb2.ORDER_STATE_ACTIVE if is_active else self.unconfirmed
        return order_pb2.GetOrderResponse(order=order_pb2.Order(id=request.order_id, state=state))

    async def ListBalances(self, request: ledger_pb2.ListBalancesRequest, context: Any) -> Any:
        """What the test set."""
        self._present()
        return ledger_pb2.ListBalancesResponse(balances=self.balances)

    async def AddEntries(self, request: draw_pb2.AddEntriesRequest, context: Any) -> Any:
        """Each source key of a subscriber once."""
        self._present()
        [entry] = request.entries
        ticket = (request.draw_id, entry.subscriber_id, entry.source_key)
        added = ticket not in self.tickets
        self.tickets.add(ticket)
        return draw_pb2.AddEntriesResponse(added=int(added), standing=int(not added))

    async def Claim(self, request: sale_pb2.ClaimRequest, context: Any) -> Any:
        """As the test says."""
        self._present()
        self.claims += request.attempts
        return sale_pb2.ClaimResponse(outcomes=[sale_pb2.ClaimOutcome(outcome=self.claim_outcome, claim_id=ORDER_ID)])

    async def RecordEvents(self, request: event_pb2.RecordEventsRequest, context: Any) -> Any:
        """Takes those of known numbers."""
        self._present()
        known = [event for event in request.events if event.msisdn != STRANGER]
        self.events += known
        return event_pb2.RecordEventsResponse(accepted=len(known))

    async def ResolveNumbers(self, request: subscriber_pb2.ResolveNumbersRequest, context: Any) -> Any:
        """The last digits are the id; one number is nobody's."""
        self._present()
        known = [msisdn for msisdn in request.msisdns if msisdn != STRANGER]
        entries = [subscriber_pb2.NumberEntry(msisdn=one, subscriber_id=int(one[-6:])) for one in known]
        return subscriber_pb2.ResolveNumbersResponse(entries=entries)

    async def LookUpNumbers(self, request: subscriber_pb2.LookUpNumbersRequest, context: Any) -> Any:
        """The number ends in the id; who was struck off has none."""
        self._present()
        ids = [one for one in request.subscriber_ids if one not in self.numberless]
        entries = [subscriber_pb2.NumberEntry(msisdn=f"+86138{one:08d}", subscriber_id=one) for one in ids]
        return subscriber_pb2.LookUpNumbersResponse(entries=entries)

    async def LookUpBranches(self, request: subscriber_pb2.LookUpBranchesRequest, context: Any) -> Any:
        """Everybody is of Foshan."""
        self._present()
        entries = [subscriber_pb2.BranchEntry(subscriber_id=one, branch="foshan") for one in request.subscriber_ids]
        return subscriber_pb2.LookUpBranchesResponse(entries=entries)

    async def GetSubscriber(self, request: subscriber_pb2.GetSubscriberRequest, context: Any) -> Any:
        """What the test says of the subscriber's membership."""
        self._present()
        told = [subscriber_pb2.AttributeValue(name="arpu", integer=80)]
        if request.subscriber_id in self.members:
            told.append(subscriber_pb2.AttributeValue(name="music_member", text=self.members[request.subscriber_id]))
        return subscriber_pb2.GetSubscriberResponse(subscriber_id=request.subscriber_id, attributes=told)

    async def ListCampaigns(self, request: campaign_pb2.ListCampaignsRequest, context: Any) -> Any:
        """What the test set."""
        self._present()
        require_role(current_identity(), "auditor")
        return campaign_pb2.ListCampaignsResponse(campaigns=self.campaigns)

    def _present(self) -> None:
        if self.away:
            raise Unavailable(reason="AWAY", detail="stood in for, and away")


@asynccontextmanager
async def serve_suite(folder: Path) -> AsyncIterator[Suite]:
    """The stand-ins on one unix socket for the time of a block."""
    suite = Suite(address=f"unix:{folder}/suite.sock", folder=folder)  # type: ignore[abstract]  # the calls that sessions never make
    server = grpc.aio.server(interceptors=[CallInterceptor("stand-in")])
    catalog_pb2_grpc.add_CatalogServiceServicer_to_server(suite, server)
    sales_pb2_grpc.add_SalesServiceServicer_to_server(suite, server)
    order_pb2_grpc.add_OrderServiceServicer_to_server(suite, server)
    ledger_pb2_grpc.add_LedgerServiceServicer_to_server(suite, server)
    draw_pb2_grpc.add_DrawServiceServicer_to_server(suite, server)
    sale_pb2_grpc.add_SaleServiceServicer_to_server(suite, server)
    event_pb2_grpc.add_EventServiceServicer_to_server(suite, server)
    subscriber_pb2_grpc.add_SubscriberServiceServicer_to_server(suite, server)
    campaign_pb2_grpc.add_CampaignServiceServicer_to_server(suite, server)
    server.add_insecure_port(suite.address)
    await server.start()
    try:
        yield suite
    finally:
        await server.stop(0)
