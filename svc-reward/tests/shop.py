"""The shop as another service calls it, and short ways to say prizes and points."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc, prize_pb2, prize_pb2_grpc
from carillon_chassis.client import invoke

from .client import ISSUANCE, Client, subscriber, transfer

POINTS = "music_points"
NON_MEMBER, ORDINARY, PREMIUM = (
    prize_pb2.MEMBER_TIER_NON_MEMBER,
    prize_pb2.MEMBER_TIER_ORDINARY,
    prize_pb2.MEMBER_TIER_PREMIUM,
)
KEYS = count(1)


def moment(text: str) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.fromisoformat(text).replace(tzinfo=UTC))
    return stamp


def prize(**overrides: object) -> prize_pb2.Prize:
    fields: dict[str, object] = {
        "code": "doll",
        "name": "Migu doll",
        "kind": prize_pb2.PRIZE_KIND_PHYSICAL_GIFT,
        "currency": POINTS,
        "price": 30,
        "lowest_tier": NON_MEMBER,
        "valid_from": moment("2020-01-01"),
        "valid_until": moment("2100-01-01"),
    }
    return prize_pb2.Prize(**{**fields, **overrides})  # type: ignore[arg-type]  # keywords by name


@dataclass(frozen=True, slots=True)
class Shop:
    """PrizeService as another service calls it, and the ledger beside it."""

    stub: "prize_pb2_grpc.PrizeServiceStub"
    ledger: Client

    async def stock(self, message: prize_pb2.Prize, pieces: int) -> prize_pb2.PrizeInStock:
        request = prize_pb2.CreatePrizeRequest(request_id=f"key-{next(KEYS)}", prize=message, stock=pieces)
        return (await invoke(self.stub.CreatePrize, request, timeout_seconds=30)).prize

    async def stock_of(self, code: str = "doll") -> tuple[int, int, int]:
        answer = await invoke(self.stub.GetPrize, prize_pb2.GetPrizeRequest(code=code), timeout_seconds=30)
        stock = answer.prize.stock
        return stock.total, stock.reserved, stock.committed

    async def give(self, subscriber_id: int, points: int, currency: str = POINTS, *, validity: str = "") -> None:
        issuance = ledger_pb2.AccountName(kind=ISSUANCE.kind, owner=ISSUANCE.owner, currency=currency)
        account = subscriber(subscriber_id, currency)
        await self.ledger.open(issuance, account, request_id=f"key-{next(KEYS)}")
        given = transfer(f"give-{next(KEYS)}", (issuance, -points), (account, points))
        given.validity = validity
        (outcome,) = await self.ledger.post(given)
        assert outcome.outcome == "POSTED"

    async def points(self, subscriber_id: int, currency: str = POINTS) -> int:
        return await self.ledger.balance(subscriber(subscriber_id, currency))

    async def redeem(
        self,
        subscriber_id: int = 1,
        *,
        code: str = "doll",
        quantity: int = 1,
        tier: prize_pb2.MemberTier.ValueType = NON_MEMBER,
        key: str = "",
    ) -> prize_pb2.Redemption:
        request = prize_pb2.RedeemRequest(
            request_id=key or f"key-{next(KEYS)}",
            subscriber_id=subscriber_id,
            prize=code,
            quantity=quantity,
            tier=tier,
        )
        return (await invoke(self.stub.Redeem, request, timeout_seconds=60)).redemption

    async def cancel(self, redemption_id: str, *, key: str = "") -> prize_pb2.Redemption:
        request = prize_pb2.CancelRedemptionRequest(request_id=key or f"key-{next(KEYS)}", id=redemption_id)
        return (await invoke(self.stub.CancelRedemption, request, timeout_seconds=60)).redemption

    async def fulfil(self, redemption_id: str) -> prize_pb2.Redemption:
        request = prize_pb2.FulfilRedemptionRequest(request_id=f"key-{next(KEYS)}", id=redemption_id)
        return (await invoke(self.stub.FulfilRedemption, request, timeout_seconds=60)).redemption


def open_shop(channel: grpc.aio.Channel) -> Shop:
    """The shop behind a channel to svc-reward."""
    return Shop(prize_pb2_grpc.PrizeServiceStub(channel), Client(ledger_pb2_grpc.LedgerServiceStub(channel)))
