"""Settlement runs in JSON; it must not decide who may check one."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from carillon.reward.v1 import settlement_pb2
from carillon_gateway.http.models.commissions import Balance
from carillon_gateway.http.models.shapes import Answer, Body, Month, render_optional_time, render_state, render_time

# A million yuan: nobody's commission waits for more.
MINIMUM_LIMIT_FEN = 100_000_000


class Minimum(Body):
    """An amount in fen, a hundredth of a yuan."""

    amount_fen: int = Field(ge=0, le=MINIMUM_LIMIT_FEN, examples=[10_000])


class CreateSettlement(Body):
    """All that is locked and due by the end of a month, of those who reach the minimum."""

    period: Month
    minimum: Minimum = Field(default=Minimum(amount_fen=0), description="Less than this waits for a later run")


class Settlement(Answer):
    """A run and the people behind it."""

    id: str
    period: str
    state: Literal["proposed", "approved", "paid", "rejected"]
    minimum: Balance
    affiliates: int
    lines: int
    gross: Balance
    deducted: Balance
    net: Balance
    file_sha256: str
    made_by: str
    made_at: datetime
    checked_by: str | None
    checked_at: datetime | None
    paid_by: str | None
    paid_at: datetime | None


def render_settlement(settlement: settlement_pb2.Settlement) -> Settlement:
    """The run as JSON has it."""
    return Settlement(
        id=settlement.id,
        period=settlement.period,
        state=render_state(settlement_pb2.SettlementState.Name(settlement.state), "SETTLEMENT_STATE_"),
        minimum=Balance(amount_fen=settlement.minimum_fen),
        affiliates=settlement.affiliates,
        lines=settlement.lines,
        gross=Balance(amount_fen=settlement.gross_fen),
        deducted=Balance(amount_fen=settlement.deducted_fen),
        net=Balance(amount_fen=settlement.net_fen),
        file_sha256=settlement.file_sha256,
        made_by=settlement.made_by,
        made_at=render_time(settlement.made_at),
        checked_by=settlement.checked_by or None,
        checked_at=render_optional_time(settlement, "checked_at"),
        paid_by=settlement.paid_by or None,
        paid_at=render_optional_time(settlement, "paid_at"),
    )
