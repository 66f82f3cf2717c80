"""Vouchers in JSON; it must not show a code to anybody but the voucher's own screen."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from carillon.reward.v1 import voucher_pb2
from carillon_gateway.http.models.shapes import Answer, Body, Text, render_optional_time, render_state, render_time


class Voucher(Answer):
    """A voucher without its code."""

    id: str = Field(examples=["0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"])
    prize: str
    redemption_id: str
    state: Literal["issued", "shown", "redeemed", "expired", "voided"]
    issued_at: datetime
    expires_at: datetime = Field(description="The first moment at which it is worth nothing any more")
    redeemed_at: datetime | None
    merchant: str | None = Field(description="Who took it")


class Vouchers(Answer):
    """A page of a subscriber's vouchers, the oldest first."""

    vouchers: list[Voucher]
    next_page_token: str = Field(description="Send it as page_token for the next page; empty on the last")


class ShownVoucher(Answer):
    """A voucher for the subscriber's screen."""

    voucher: Voucher
    code: str = Field(description="What the merchant's scanner reads", examples=["3D5XK8QJ0V7N2RTM4"])
    bar_code: list[int] = Field(description="Symbol values of a Code 128 bar code: start B, the code, check, stop")


class RedeemVoucher(Body):
    """A code as it was scanned or typed."""

    code: Text = Field(min_length=1, max_length=40, examples=["3D5XK8QJ0V7N2RTM4"])


def render_voucher(voucher: voucher_pb2.Voucher) -> Voucher:
    """The voucher as JSON has it."""
    return Voucher(
        id=voucher.id,
        prize=voucher.prize,
        redemption_id=voucher.redemption_id,
        state=render_state(voucher_pb2.VoucherState.Name(voucher.state), "VOUCHER_STATE_"),
        issued_at=render_time(voucher.issued_at),
        expires_at=render_time(voucher.expires_at),
        redeemed_at=render_optional_time(voucher, "redeemed_at"),
        merchant=voucher.merchant or None,
    )
