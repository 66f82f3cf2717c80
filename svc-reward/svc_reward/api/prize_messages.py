"""Turns protobuf into prizes and redemptions and back, one function each way; it must not decide anything."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.reward.v1 import prize_pb2
from svc_reward.domain.membership import MemberTier
from svc_reward.domain.prize import Prize, PrizeKind
from svc_reward.domain.redemption import Redemption, RedemptionState
from svc_reward.domain.stock import Stock

TIERS: Mapping[int, MemberTier] = MappingProxyType(
    {
        prize_pb2.MEMBER_TIER_NON_MEMBER: MemberTier.NON_MEMBER,
        prize_pb2.MEMBER_TIER_ORDINARY: MemberTier.ORDINARY,
        prize_pb2.MEMBER_TIER_PREMIUM: MemberTier.PREMIUM,
    }
)
KINDS: Mapping[int, PrizeKind] = MappingProxyType(
    {
        prize_pb2.PRIZE_KIND_PHONE_CREDIT: PrizeKind.PHONE_CREDIT,
        prize_pb2.PRIZE_KIND_VOUCHER: PrizeKind.VOUCHER,
        prize_pb2.PRIZE_KIND_PHYSICAL_GIFT: PrizeKind.PHYSICAL_GIFT,
        prize_pb2.PRIZE_KIND_TICKET: PrizeKind.TICKET,
        prize_pb2.PRIZE_KIND_MEMBER_GIFT: PrizeKind.MEMBER_GIFT,
    }
)
TIER_VALUES = {
    MemberTier.NON_MEMBER: prize_pb2.MEMBER_TIER_NON_MEMBER,
    MemberTier.ORDINARY: prize_pb2.MEMBER_TIER_ORDINARY,
    MemberTier.PREMIUM: prize_pb2.MEMBER_TIER_PREMIUM,
}
_KIND_VALUES = {
    PrizeKind.PHONE_CREDIT: prize_pb2.PRIZE_KIND_PHONE_CREDIT,
    PrizeKind.VOUCHER: prize_pb2.PRIZE_KIND_VOUCHER,
    PrizeKind.PHYSICAL_GIFT: prize_pb2.PRIZE_KIND_PHYSICAL_GIFT,
    PrizeKind.TICKET: prize_pb2.PRIZE_KIND_TICKET,
    PrizeKind.MEMBER_GIFT: prize_pb2.PRIZE_KIND_MEMBER_GIFT,
}
_STATE_VALUES = {
    RedemptionState.BOOKED: prize_pb2.REDEMPTION_STATE_BOOKED,
    RedemptionState.FULFILLED: prize_pb2.REDEMPTION_STATE_FULFILLED,
    RedemptionState.CANCELLED: prize_pb2.REDEMPTION_STATE_CANCELLED,
}


def parse_time(stamp: Timestamp) -> datetime:
    """The moment in UTC."""
    return stamp.ToDatetime(tzinfo=UTC)


def render_time(moment: datetime) -> Timestamp:
    """A moment as a timestamp."""
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def parse_prize(message: prize_pb2.Prize) -> Prize:
    """Raises InvalidInput PRIZE_INVALID or CURRENCY_UNKNOWN."""
    return Prize(
        code=message.code,
        name=message.name,
        kind=KINDS[message.kind],
        currency=message.currency,
        price=message.price,
        lowest_tier=TIERS[message.lowest_tier],
        valid_from=parse_time(message.valid_from),
        valid_until=parse_time(message.valid_until),
        voucher_days=message.voucher_days,
    )


def render_stock(stock: Stock) -> prize_pb2.Stock:
    """What there is."""
    return prize_pb2.Stock(total=stock.total, reserved=stock.reserved, committed=stock.committed)


def render_prize(prize: Prize, stock: Stock) -> prize_pb2.PrizeInStock:
    """A prize and what there is of it."""
    message = prize_pb2.Prize(
        code=prize.code,
        name=prize.name,
        kind=_KIND_VALUES[prize.kind],
        currency=prize.currency,
        price=prize.price,
        lowest_tier=TIER_VALUES[prize.lowest_tier],
        valid_from=render_time(prize.valid_from),
        valid_until=render_time(prize.valid_until),
        voucher_days=prize.voucher_days,
    )
    return prize_pb2.PrizeInStock(prize=message, stock=render_stock(stock))


def render_redemption(redemption: Redemption) -> prize_pb2.Redemption:
    """A redemption as it stands."""
    return prize_pb2.Redemption(
        id=str(redemption.id),
        subscriber_id=redemption.subscriber_id,
        prize=redemption.prize,
        quantity=redemption.quantity,
        currency=redemption.currency,
        points=redemption.points,
        state=_STATE_VALUES[redemption.state],
        booked_at=render_time(redemption.booked_at),
        ended_at=render_time(redemption.ended_at) if redemption.ended_at else None,
    )
