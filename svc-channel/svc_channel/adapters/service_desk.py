"""Shows services, quotes their prices and orders them at svc-catalog; must not order what was not quoted."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import grpc

from carillon.catalog.v1 import catalog_pb2, order_pb2, order_pb2_grpc
from carillon_chassis.client import invoke
from svc_channel.adapters.segment_memberships import SegmentMemberships
from svc_channel.adapters.service_offers import ServiceOffers
from svc_channel.app.numbers import Numbers, find_holder
from svc_channel.app.turns import Actor
from svc_channel.domain.membership import MemberTier
from svc_channel.domain.sessions.actions import Action, ActionName, Item, Outcome, Quoted
from svc_channel.domain.sessions.words import failed, said, say, say_price, say_prices

# A subscriber looks at a blank screen meanwhile, and a USSD network gives up after little more.
TIMEOUT_SECONDS: Final = 5.0

Handler = Callable[[Action, Actor], Awaitable[Outcome]]


class ServiceDesk:
    """What menus ask about services. Every handler may raise DomainErrors of the services that it asks."""

    def __init__(
        self, catalog: grpc.aio.Channel, *, services: ServiceOffers, memberships: SegmentMemberships, numbers: Numbers
    ) -> None:
        self._orders = order_pb2_grpc.OrderServiceStub(catalog)
        self._services = services
        self._memberships = memberships
        self._numbers = numbers

    def handlers(self) -> Mapping[ActionName, Handler]:
        """What it does, by the names that menus use."""
        return {
            ActionName.LIST_SERVICES: self._list,
            ActionName.QUOTE_SERVICE: self._quote,
            ActionName.ORDER_SERVICE: self._order,
        }

    async def _list(self, _: Action, actor: Actor) -> Outcome:
        offers = await self._services.offered(actor.language)
        return Outcome(items=tuple(Item(value=code, label=name) for code, name in offers))

    async def _quote(self, action: Action, actor: Actor) -> Outcome:
        return await self.quote(action.arguments["service"], actor)

    async def _order(self, action: Action, actor: Actor) -> Outcome:
        return await self.order(action.arguments["service"], actor, quoted=action.quoted)

    async def quote(self, code: str, actor: Actor, *, item: str = "", title: str = "") -> Outcome:
        """The three prices together (CHN-33), and which of them is the asker's where it is known who asks.

        ``item`` and ``title`` are what is had of the service, such as a tone. Raises NotFound SERVICE_UNKNOWN, Unavailable.
        """
        service = await self._services.find(code)
        prices = price_by_tier(service.prices)
        quoted = said(
            actor.language,
            "quote",
            service=self._named(service, title, actor),
            **say_prices(actor.language, prices),
        )
        subscriber_id = await find_holder(self._numbers, actor.peer) if actor.proven else None
        own = None if subscriber_id is None else prices[await self._memberships.tier_of(subscriber_id)]
        own_words = "" if own is None else say(actor.language, "own_price", price=say_price(actor.language, own))
        return Outcome(text=f"{quoted.text}\n{own_words}".strip(), quoted=Quoted(item=item or code, fen=own))

    async def order(
        self, code: str, actor: Actor, *, quoted: Quoted | None, plan: str = "", title: str = ""
    ) -> Outcome:
        """Places and confirms: the subscriber has seen the prices and said yes.

        The amount is the price that this subscriber was quoted, even when it has changed since; 0 where the catalogue
        has none. ``plan`` and ``title`` say what is had of the service. Nothing is ordered that is not what was quoted.
        Raises what svc-catalog refuses, Unavailable.
        """
        if quoted is None or quoted.item != (plan or code):
            return failed(actor.language, "quote_over")
        subscriber_id = await find_holder(self._numbers, actor.peer)
        if subscriber_id is None:
            return failed(actor.language, "stranger")
        service = await self._services.find(code)
        placed = await invoke(
            self._orders.PlaceOrder,
            order_pb2.PlaceOrderRequest(
                request_id=actor.key,
                subscriber_id=subscriber_id,
                service=service.code,
                plan=plan,
                amount_fen=quoted.fen or 0,
                source=order_pb2.OrderSource(touchpoint=actor.channel),
            ),
            timeout_seconds=TIMEOUT_SECONDS,
        )
        confirmed = await invoke(
            self._orders.ConfirmOrder,
            order_pb2.ConfirmOrderRequest(request_id=actor.key, order_id=placed.order.id),
            timeout_seconds=TIMEOUT_SECONDS,
        )
        return _ordered(confirmed.order.state, self._named(service, title, actor), actor)

    def _named(self, service: catalog_pb2.Service, title: str, actor: Actor) -> str:
        name = self._services.name(service, actor.language)
        return say(actor.language, "tone_download", service=name, title=title) if title else name


def price_by_tier(prices: catalog_pb2.MemberPrices) -> Mapping[MemberTier, int | None]:
    """The three prices in fen; None where the catalogue has none."""
    return {
        MemberTier.PREMIUM: prices.premium_fen if prices.HasField("premium_fen") else None,
        MemberTier.ORDINARY: prices.ordinary_fen if prices.HasField("ordinary_fen") else None,
        MemberTier.NON_MEMBER: prices.non_member_fen if prices.HasField("non_member_fen") else None,
    }


def _ordered(state: order_pb2.OrderState.ValueType, name: str, actor: Actor) -> Outcome:
    if state in {order_pb2.ORDER_STATE_ACTIVE, order_pb2.ORDER_STATE_TRIAL}:
        return said(actor.language, "ordered", service=name)
    if state == order_pb2.ORDER_STATE_PENDING_CONFIRMATION:
        return said(actor.language, "order_waits", service=name)
    return failed(actor.language, "order_rejected", service=name)
