"""One client of a soak: draws random operations, sends each until it has a final answer, and keeps what it was told.

It must not know when anything is killed: to it a killed service is one that is away for a moment.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import grpc

from carillon.reward.v1 import hold_pb2, hold_pb2_grpc, ledger_pb2, ledger_pb2_grpc, prize_pb2, prize_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import DomainError, Unavailable
from tests.soak.books import (
    BUDGETS,
    ISSUANCE,
    NOBODY,
    PEOPLE,
    PRIZE,
    PRIZE_PRICE,
    REDEEMED,
    SHOP,
    Account,
    Books,
    Legs,
    Names,
    message_of,
    name_of,
)
from tests.soak.service import HurryingClock

Answer = TypeVar("Answer")
Drawn = tuple[str, Legs, ledger_pb2.Transfer]

# Refusals that are right answers to some random operation; any other is a surprise.
REFUSALS = frozenset(
    {
        "INSUFFICIENT_FUNDS", "INSUFFICIENT_POINTS", "ACCOUNT_UNKNOWN", "TRANSFER_CONFLICT", "TRANSFER_REVERSED",
        "HOLD_STATE", "HOLD_EXPIRED", "HOLD_EXCEEDED", "REDEMPTION_STATE",
        # Asked for again after a kill, when its end had come; whether it was made the clock will end it.
        "HOLD_INVALID",
    }
)  # fmt: skip
MAX_BATCH = 24
CALL_SECONDS = 20.0
REST_SECONDS = 0.1
# What a client remembers to replay, contradict or reverse.
MEMORY = 200


class Client:
    """One of many at once; they share the books."""

    def __init__(self, number: int, channel: grpc.aio.Channel, books: Books, clock: HurryingClock) -> None:
        self._luck = random.Random(number)
        self._names = Names(client=number)
        self._books = books
        self._clock = clock
        self._ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
        self._holds = hold_pb2_grpc.HoldServiceStub(channel)
        self._prizes = prize_pb2_grpc.PrizeServiceStub(channel)
        self._recent: deque[tuple[str, Legs]] = deque(maxlen=MEMORY)
        self._open_holds: list[tuple[str, Account]] = []
        self._redeemed: list[tuple[str, Account, int]] = []
        self._operations: tuple[Callable[[], Awaitable[None]], ...] = (
            self.post, self.post, self.post, self.post, self.reserve, self.capture, self.void, self.reverse,
            self.redeem, self.end_redemption,
        )  # fmt: skip

    async def work(self, wanted: int) -> None:
        """Operations until all clients together have done as many as wanted."""
        while self._books.operations < wanted:
            await self._luck.choice(self._operations)()

    async def post(self) -> None:
        """A batch of transfers of all sorts."""
        drawn = [self._draw() for _ in range(self._luck.randint(1, MAX_BATCH))]
        request = ledger_pb2.PostTransfersRequest(transfers=[message for _, _, message in drawn])
        answer = await self._send(
            "post", lambda: invoke(self._ledger.PostTransfers, request, timeout_seconds=CALL_SECONDS)
        )
        if answer is None:
            return
        for (transfer_id, legs, _), outcome in zip(drawn, answer.outcomes, strict=True):
            self._books.told("transfer", outcome.outcome)
            if outcome.outcome in {"POSTED", "REPLAYED"}:
                self._books.stand(transfer_id, legs)
                self._recent.append((transfer_id, legs))
            elif outcome.outcome not in REFUSALS:
                self._books.surprises.append(f"transfer {transfer_id}: {outcome.outcome} {outcome.detail}")

    def _draw(self) -> Drawn:
        luck = self._luck
        sort = luck.random()
        if sort < 0.03 and self._recent:
            transfer_id, legs = luck.choice(self._recent)
            return transfer_id, legs, message_of(transfer_id, legs)
        if sort < 0.04 and self._recent:
            # Never booked, since another transfer stands under this id.
            transfer_id, _ = luck.choice(self._recent)
            legs = ((ISSUANCE, -10_000), (luck.choice(BUDGETS), 10_000))
            return transfer_id, legs, message_of(transfer_id, legs)
        transfer_id, validity = self._names.draw("t"), ""
        amount = luck.randint(1, 20)
        if sort < 0.45:
            legs = ((luck.choice(BUDGETS), -amount), (luck.choice(PEOPLE), amount))
            validity = luck.choice(("", "1D", "2D", "30D", "EOM"))
        elif sort < 0.75:
            # Any two, so that as many go one way as the other.
            source, target = luck.sample(PEOPLE, 2)
            legs = ((source, -amount), (target, amount))
        elif sort < 0.88:
            # More than comes in, so that empty accounts are common.
            legs = ((luck.choice(PEOPLE), -4 * amount), (SHOP, 4 * amount))
        elif sort < 0.95:
            first, second = luck.sample(PEOPLE, 2)
            legs = ((luck.choice(BUDGETS), -amount - 1), (first, amount), (second, 1))
        elif sort < 0.99:
            legs = ((ISSUANCE, -amount), (luck.choice(BUDGETS), amount))
        else:
            legs = ((luck.choice(BUDGETS), -amount), (NOBODY, amount))
        return transfer_id, legs, message_of(transfer_id, legs, validity=validity)

    async def reserve(self) -> None:
        """A hold that ends within seconds or not at all in this soak."""
        hold_id, account = self._names.draw("h"), self._luck.choice((*PEOPLE, *BUDGETS))
        request = hold_pb2.ReserveHoldRequest(
            hold_id=hold_id, account=name_of(account), amount=self._luck.randint(1, 9)
        )
        request.expires_at.FromDatetime(self._clock.now() + timedelta(days=self._luck.choice((1, 2, 4, 200))))
        if await self._send("reserve", lambda: invoke(self._holds.ReserveHold, request, timeout_seconds=CALL_SECONDS)):
            self._books.told("reserve", "HELD")
            self._open_holds.append((hold_id, account))

    async def capture(self) -> None:
        """A part of an own hold, or all of it."""
        if not self._open_holds:
            return
        hold_id, account = self._luck.choice(self._open_holds)
        amount = self._luck.randint(1, 5)
        request = hold_pb2.CaptureHoldRequest(
            request_id=self._names.draw("c"),
            hold_id=hold_id,
            amount=amount,
            final=self._luck.random() < 0.5,
            target=name_of(SHOP),
            reason="soak",
        )
        answer = await self._send(
            "capture", lambda: invoke(self._holds.CaptureHold, request, timeout_seconds=CALL_SECONDS)
        )
        if answer is None:
            self._open_holds.remove((hold_id, account))
            return
        self._books.told("capture", "CAPTURED")
        self._books.captures += 1
        self._books.book(((account, -amount), (SHOP, amount)))
        if answer.hold.remaining == 0:
            self._open_holds.remove((hold_id, account))

    async def void(self) -> None:
        """An own hold given back."""
        if not self._open_holds:
            return
        hold = self._luck.choice(self._open_holds)
        self._open_holds.remove(hold)
        request = hold_pb2.VoidHoldRequest(request_id=self._names.draw("v"), hold_id=hold[0])
        if await self._send("void", lambda: invoke(self._holds.VoidHold, request, timeout_seconds=CALL_SECONDS)):
            self._books.told("void", "VOIDED")

    async def reverse(self) -> None:
        """An own transfer undone, once."""
        if not self._recent:
            return
        transfer_id, legs = self._luck.choice(self._recent)
        request = ledger_pb2.ReverseTransferRequest(
            request_id=self._names.draw("r"), transfer_id=transfer_id, reason="soak"
        )
        if await self._send(
            "reverse", lambda: invoke(self._ledger.ReverseTransfer, request, timeout_seconds=CALL_SECONDS)
        ):
            self._books.told("reverse", "REVERSED")
            self._books.reversals += 1
            self._books.book(tuple((account, -amount) for account, amount in legs))

    async def redeem(self) -> None:
        """Points for prizes."""
        person, pieces = self._luck.choice(PEOPLE), self._luck.randint(1, 3)
        request = prize_pb2.RedeemRequest(
            request_id=self._names.draw("p"),
            subscriber_id=int(person[1]),
            prize=PRIZE,
            quantity=pieces,
            tier=prize_pb2.MEMBER_TIER_ORDINARY,
        )
        answer = await self._send("redeem", lambda: invoke(self._prizes.Redeem, request, timeout_seconds=CALL_SECONDS))
        if answer is not None:
            self._books.told("redeem", "REDEEMED")
            self._books.redemptions["booked"] += 1
            self._books.pieces += pieces
            self._books.book(((person, -pieces * PRIZE_PRICE), (REDEEMED, pieces * PRIZE_PRICE)))
            self._redeemed.append((answer.redemption.id, person, pieces))

    async def end_redemption(self) -> None:
        """An own redemption cancelled or handed over."""
        if not self._redeemed:
            return
        redeemed = self._redeemed.pop(self._luck.randrange(len(self._redeemed)))
        redemption_id, person, pieces = redeemed
        key = self._names.draw("e")
        if self._luck.random() < 0.5:
            handing = prize_pb2.FulfilRedemptionRequest(request_id=key, id=redemption_id)
            if await self._send(
                "fulfil", lambda: invoke(self._prizes.FulfilRedemption, handing, timeout_seconds=CALL_SECONDS)
            ):
                self._books.told("fulfil", "FULFILLED")
                self._books.redemptions["fulfilled"] += 1
            return
        request = prize_pb2.CancelRedemptionRequest(request_id=key, id=redemption_id)
        if await self._send(
            "cancel", lambda: invoke(self._prizes.CancelRedemption, request, timeout_seconds=CALL_SECONDS)
        ):
            self._books.told("cancel", "CANCELLED")
            self._books.redemptions["cancelled"] += 1
            self._books.pieces -= pieces
            self._books.book(((person, pieces * PRIZE_PRICE), (REDEEMED, -pieces * PRIZE_PRICE)))

    async def _send(self, operation: str, call: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """The answer, after as many attempts as it takes; None when it was refused."""
        while True:
            try:
                return await call()
            except Unavailable:
                # Whether it was done nobody knows; the same key asks again.
                self._books.repeated += 1
                await asyncio.sleep(REST_SECONDS)
            except DomainError as error:
                self._books.told(operation, error.reason)
                if error.reason not in REFUSALS:
                    self._books.surprises.append(f"{operation}: {error.reason} {error.detail}")
                return None
