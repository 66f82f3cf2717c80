"""Vouchers as the portal and merchants see them, over real gRPC and real PostgreSQL."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from carillon.reward.v1 import prize_pb2, voucher_pb2, voucher_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock
from carillon_chassis.database import Database
from carillon_chassis.errors import DomainError, StateRefused
from carillon_chassis.testing.plugin import Serving
from svc_reward.domain.bar_code import make_code
from svc_reward.main import build
from svc_reward.settings import Settings
from svc_reward.worker.expiry import Expiry

from .shop import KEYS, Shop, open_shop, prize
from .test_concurrency import assert_sound


@dataclass(frozen=True, slots=True)
class Vouchers:
    """VoucherService as the gateway calls it, and the shop beside it."""

    stub: "voucher_pb2_grpc.VoucherServiceStub"
    shop: Shop

    async def all(self, subscriber_id: int = 1) -> list[voucher_pb2.Voucher]:
        request = voucher_pb2.ListVouchersRequest(subscriber_id=subscriber_id, page_size=1)
        found: list[voucher_pb2.Voucher] = []
        while True:
            page = await invoke(self.stub.ListVouchers, request, timeout_seconds=30)
            found += page.vouchers
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def show(self, voucher_id: str) -> voucher_pb2.ShowVoucherResponse:
        request = voucher_pb2.ShowVoucherRequest(request_id=f"key-{next(KEYS)}", id=voucher_id)
        return await invoke(self.stub.ShowVoucher, request, timeout_seconds=30)

    async def take(self, code: str, merchant: str = "cafe", *, key: str = "") -> voucher_pb2.Voucher:
        request = voucher_pb2.RedeemVoucherRequest(request_id=key or f"key-{next(KEYS)}", code=code, merchant=merchant)
        return (await invoke(self.stub.RedeemVoucher, request, timeout_seconds=60)).voucher

    async def codes(self) -> list[str]:
        return [(await self.show(one.id)).code for one in await self.all()]


@pytest.fixture
async def vouchers(owned: Database, clock: FixedClock, serving: Serving) -> AsyncIterator[Vouchers]:
    """At noon: ten coffees for 30 points each, good for 30 days; subscriber 1 has 100 points."""
    settings = Settings(
        database_url=owned.url,
        listen="unix:unused",
        campaign_address="unix:/nobody",
        catalog_address="unix:/nobody",
        segment_address="unix:/nobody",
    )
    service = build(settings, clock=clock)
    async with serving(service, with_workers=False) as channel:
        made = Vouchers(voucher_pb2_grpc.VoucherServiceStub(channel), open_shop(channel))
        await made.shop.stock(prize(code="coffee", kind=prize_pb2.PRIZE_KIND_VOUCHER, voucher_days=30), 10)
        await made.shop.give(1, 100)
        yield made
    await service.database.close()


async def refusal(attempt: object) -> str:
    try:
        await attempt  # type: ignore[misc]  # a call of the service
    except DomainError as error:
        return error.reason
    return "DONE"


async def test_a_redemption_issues_a_voucher_a_piece_and_a_list_tells_no_codes(vouchers: Vouchers) -> None:
    redemption = await vouchers.shop.redeem(code="coffee", quantity=3)
    issued = await vouchers.all()
    assert [one.state for one in issued] == [voucher_pb2.VOUCHER_STATE_ISSUED] * 3
    assert {one.redemption_id for one in issued} == {redemption.id}
    assert issued[0].expires_at.ToDatetime() - issued[0].issued_at.ToDatetime() == timedelta(days=30)
    shown = await vouchers.show(issued[0].id)
    assert (len(shown.code), len(shown.bar_code), shown.bar_code[0]) == (17, 20, 104)
    assert (await vouchers.show(issued[0].id)).code == shown.code
    assert len(set(await vouchers.codes())) == 3


async def test_other_prizes_issue_no_vouchers(vouchers: Vouchers) -> None:
    await vouchers.shop.stock(prize(), 1)
    await vouchers.shop.redeem()
    assert await vouchers.all() == []


async def test_a_voucher_is_taken_once_and_a_second_merchant_hears_when(
    vouchers: Vouchers, clock: FixedClock, ledger: Database
) -> None:
    await vouchers.shop.redeem(code="coffee")
    (code,) = await vouchers.codes()
    taken = await vouchers.take(code.lower(), key="till-1")
    assert (taken.state, taken.merchant) == (voucher_pb2.VOUCHER_STATE_REDEEMED, "cafe")
    assert await vouchers.take(code.lower(), key="till-1") == taken
    first = clock.at
    clock.at += timedelta(hours=1)
    with pytest.raises(StateRefused) as caught:
        await vouchers.take(code, "bar")
    assert (caught.value.reason, caught.value.metadata["redeemed_at"]) == ("VOUCHER_REDEEMED", first.isoformat())
    assert await vouchers.shop.stock_of("coffee") == (10, 0, 1)
    await assert_sound(ledger)


async def test_twenty_merchants_at_once_take_a_voucher_once(vouchers: Vouchers) -> None:
    await vouchers.shop.redeem(code="coffee")
    (code,) = await vouchers.codes()
    results = Counter(await asyncio.gather(*(refusal(vouchers.take(code, f"m-{n}")) for n in range(20))))
    assert results == {"DONE": 1, "VOUCHER_REDEEMED": 19}


async def test_a_redemption_is_handed_over_with_its_last_voucher(vouchers: Vouchers) -> None:
    redemption = await vouchers.shop.redeem(code="coffee", quantity=2)
    first, second = await vouchers.codes()
    await vouchers.take(first)
    assert await vouchers.shop.stock_of("coffee") == (10, 2, 0)
    assert await refusal(vouchers.shop.cancel(redemption.id)) == "VOUCHER_REDEEMED"
    await vouchers.take(second)
    assert await vouchers.shop.stock_of("coffee") == (10, 0, 2)
    assert await refusal(vouchers.shop.cancel(redemption.id)) == "REDEMPTION_STATE"


async def test_cancelling_voids_the_vouchers(vouchers: Vouchers, ledger: Database) -> None:
    redemption = await vouchers.shop.redeem(code="coffee", quantity=2)
    codes = await vouchers.codes()
    await vouchers.shop.cancel(redemption.id)
    assert [await refusal(vouchers.take(code)) for code in codes] == ["VOUCHER_STATE"] * 2
    assert [one.state for one in await vouchers.all()] == [voucher_pb2.VOUCHER_STATE_VOIDED] * 2
    assert (await vouchers.shop.points(1), await vouchers.shop.stock_of("coffee")) == (100, (10, 0, 0))
    await assert_sound(ledger)


async def test_cancelling_and_taking_at_once_do_one_of_both(vouchers: Vouchers, ledger: Database) -> None:
    for _ in range(3):
        redemption = await vouchers.shop.redeem(code="coffee")
        (live,) = [one for one in await vouchers.all() if one.redemption_id == redemption.id]
        code = (await vouchers.show(live.id)).code
        results = await asyncio.gather(refusal(vouchers.take(code)), refusal(vouchers.shop.cancel(redemption.id)))
        assert sorted(results) in (["DONE", "REDEMPTION_STATE"], ["DONE", "VOUCHER_STATE"])
    await assert_sound(ledger)


async def test_a_voucher_expires_by_its_clock_and_by_the_worker(
    vouchers: Vouchers, clock: FixedClock, ledger: Database
) -> None:
    redemption = await vouchers.shop.redeem(code="coffee", quantity=2)
    codes = await vouchers.codes()
    expiry = Expiry(ledger, clock)
    clock.at += timedelta(days=30) - timedelta(microseconds=1)
    await expiry.step()
    await vouchers.take(codes[0])
    clock.at += timedelta(microseconds=1)
    assert await refusal(vouchers.take(codes[1])) == "VOUCHER_EXPIRED"
    await expiry.step()
    await expiry.step()
    states = sorted(one.state for one in await vouchers.all())
    assert states == [voucher_pb2.VOUCHER_STATE_REDEEMED, voucher_pb2.VOUCHER_STATE_EXPIRED]
    assert await refusal(vouchers.take(codes[1])) == "VOUCHER_EXPIRED"
    assert await refusal(vouchers.shop.cancel(redemption.id)) == "REDEMPTION_STATE"
    assert await vouchers.shop.stock_of("coffee") == (10, 0, 2)


async def test_a_guessed_a_mistyped_and_a_missing_voucher_are_refused(vouchers: Vouchers) -> None:
    assert await refusal(vouchers.take(make_code(bytes(10)))) == "VOUCHER_UNKNOWN"
    assert await refusal(vouchers.take("0" * 16)) == "VOUCHER_CODE_INVALID"
    assert await refusal(vouchers.show("0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42")) == "VOUCHER_UNKNOWN"
