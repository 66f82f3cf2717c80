"""Turns what the domain says into protobuf; it must not decide anything."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.catalog.v1 import catalog_pb2, facts_pb2, order_pb2
from svc_catalog.domain.brand import Brand
from svc_catalog.domain.channel import Channel
from svc_catalog.domain.order import Order, OrderState
from svc_catalog.domain.service import MemberPrices, Service
from svc_catalog.domain.subscription import Subscription

ORDER_STATES = {
    OrderState.PENDING_CONFIRMATION: order_pb2.ORDER_STATE_PENDING_CONFIRMATION,
    OrderState.ACTIVE: order_pb2.ORDER_STATE_ACTIVE,
    OrderState.CANCELLED: order_pb2.ORDER_STATE_CANCELLED,
}


def render_service(service: Service) -> catalog_pb2.Service:
    """Gives the service as the wire has it; absent classes are empty strings."""
    return catalog_pb2.Service(
        code=service.code,
        name_zh=service.name_zh,
        name_en=service.name_en,
        aliases_zh=service.aliases_zh,
        service_class=service.service_class or "",
        suggested_class=service.suggested_class or "",
        parent_code=service.parent_code or "",
        ownership=service.ownership,
        instant_activation=service.instant_activation,
        has_mining_model=service.has_mining_model,
        ocrm_marketed=service.ocrm_marketed,
        revenue_calibre=service.revenue_calibre,
        cluster=service.cluster or "",
        prices=_render_prices(service.prices),
    )


def _render_prices(prices: MemberPrices) -> catalog_pb2.MemberPrices:
    return catalog_pb2.MemberPrices(
        premium_fen=prices.premium_fen, ordinary_fen=prices.ordinary_fen, non_member_fen=prices.non_member_fen
    )


def render_brand(brand: Brand) -> catalog_pb2.Brand:
    """Gives the brand as the wire has it."""
    return catalog_pb2.Brand(
        code=brand.code,
        name_zh=brand.name_zh,
        name_en=brand.name_en,
        tone=brand.tone,
        promote=brand.promote,
        lever=brand.lever,
    )


def render_channel(channel: Channel) -> catalog_pb2.Channel:
    """Gives the channel as the wire has it."""
    return catalog_pb2.Channel(
        code=channel.code,
        name_zh=channel.name_zh,
        name_en=channel.name_en,
        aliases_zh=channel.aliases_zh,
        canonical=channel.canonical,
        kind=channel.kind or "",
        role=channel.role or "",
        contact=channel.contact or "",
        spellings=channel.spellings,
        has_outlets=channel.has_outlets,
    )


def render_order(order: Order) -> order_pb2.Order:
    """Gives the order as the wire has it."""
    return order_pb2.Order(
        id=str(order.id),
        subscriber_id=order.subscriber_id,
        service=order.service,
        plan=order.plan,
        amount_fen=order.amount_fen,
        source=order_pb2.OrderSource(
            touchpoint=order.source.touchpoint,
            campaign_id=order.source.campaign_id,
            affiliate_id=order.source.affiliate_id,
            staff_id=order.source.staff_id,
            decision_id=order.source.decision_id,
            outlet=order.source.outlet,
        ),
        state=ORDER_STATES[order.state],
        placed_at=render_time(order.placed_at),
        activated_at=render_time(order.activated_at),
    )


def render_subscription(subscription: Subscription) -> order_pb2.Subscription:
    """Gives the subscription as the wire has it."""
    return order_pb2.Subscription(
        service=subscription.service,
        order_id=str(subscription.order_id),
        since=render_time(subscription.since),
    )


def render_order_placed(order: Order) -> facts_pb2.OrderPlaced:
    """Gives the fact that the order waits."""
    return facts_pb2.OrderPlaced(
        order_id=str(order.id),
        subscriber_id=order.subscriber_id,
        service=order.service,
        touchpoint=order.source.touchpoint,
        placed_at=render_time(order.placed_at),
    )


def render_order_activated(order: Order) -> facts_pb2.OrderActivated:
    """Gives the fact that the order is active."""
    return facts_pb2.OrderActivated(
        order_id=str(order.id),
        subscriber_id=order.subscriber_id,
        service=order.service,
        amount_fen=order.amount_fen,
        campaign_id=order.source.campaign_id,
        touchpoint=order.source.touchpoint,
        activated_at=render_time(order.activated_at),
        affiliate_id=order.source.affiliate_id,
        staff_id=order.source.staff_id,
        outlet=order.source.outlet,
    )


def render_subscription_ended(subscription: Subscription, *, at: datetime) -> facts_pb2.SubscriptionEnded:
    """Gives the fact that the subscription has ended."""
    return facts_pb2.SubscriptionEnded(
        subscriber_id=subscription.subscriber_id,
        service=subscription.service,
        order_id=str(subscription.order_id),
        ended_at=render_time(at),
    )


def render_time(at: datetime | None) -> Timestamp | None:
    """Gives the moment as the wire has it; absent where there is none."""
    if at is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(at)
    return timestamp
