"""What cities hand over, in JSON; it must not decide who may see what."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from carillon.reward.v1 import fulfilment_pb2
from carillon_gateway.http.models.shapes import Answer, Body, Money, Text, render_state, render_time

FulfilmentState = Literal["reported", "verified", "paying", "completed", "failed"]
FulfilmentKind = Literal["phone_credit", "gift", "ticket", "mailing"]


class CompleteFulfilment(Body):
    """What the hand-over is known by."""

    reference: Text = Field(
        default="", max_length=120, description="Tracking number, hand-over or mailing; empty for phone credit"
    )


class FailFulfilment(Body):
    """Why it can't be handed over."""

    reason: Text = Field(min_length=1, max_length=500)


class ReportAgain(Body):
    """A correction."""

    city: Text = Field(max_length=64, description="Who hands it over now; the same as before where that was right")
    note: Text = Field(default="", max_length=500)


class Fulfilment(Answer):
    """One item (RWD-02)."""

    id: str
    report_id: str
    source: str = Field(description="What it is owed for, once for ever", examples=["draw:0199d1a0:7"])
    kind: FulfilmentKind
    prize: str
    name: str
    quantity: int
    phone_credit: Money
    city: str | None = Field(description="A branch, empty for the province, null while it is being asked for")
    state: FulfilmentState
    attempt: int = Field(description="2 after it was reported again")
    reported_by: str
    verified_by: str | None
    reference: str | None
    reason: str | None
    changed_at: datetime


class Fulfilments(Answer):
    """A page of a report's items."""

    fulfilments: list[Fulfilment]
    next_page_token: str = Field(description="Send it as page_token for the next page; empty on the last")


class FulfilmentStep(Answer):
    """A line of an item's history."""

    step: Literal["report", "verify", "hand_over", "order", "pay", "refuse", "fail", "report_again"]
    state: FulfilmentState
    by: str
    at: datetime
    note: str


class FulfilmentDetail(Answer):
    """An item, whose it is, what was done about it and what stands in its way."""

    fulfilment: Fulfilment
    msisdn: str | None = Field(description="Whom to call; null where the number is nobody's any more")
    steps: list[FulfilmentStep]
    problem: str | None = Field(description="Such as RECHARGE_NOT_CONFIGURED; null while nothing stands in its way")


def render_fulfilment(item: fulfilment_pb2.Fulfilment) -> Fulfilment:
    """The item without the inner subscriber id."""
    return Fulfilment(
        id=item.id,
        report_id=item.report_id,
        source=item.source,
        kind=render_kind(item.kind),
        prize=item.prize,
        name=item.name,
        quantity=item.quantity,
        phone_credit=Money(amount_fen=item.amount_fen),
        city=item.city if item.HasField("city") else None,
        state=render_item_state(item.state),
        attempt=item.attempt,
        reported_by=item.reported_by,
        verified_by=item.verified_by or None,
        reference=item.reference or None,
        reason=item.reason or None,
        changed_at=render_time(item.changed_at),
    )


def render_detail(answer: fulfilment_pb2.GetFulfilmentResponse, *, msisdn: str | None) -> FulfilmentDetail:
    """The item with its history."""
    steps = [
        FulfilmentStep(
            step=render_state(taken.step, ""),
            state=render_item_state(taken.state),
            by=taken.by,
            at=render_time(taken.at),
            note=taken.note,
        )
        for taken in answer.steps
    ]
    item = render_fulfilment(answer.fulfilment)
    return FulfilmentDetail(fulfilment=item, msisdn=msisdn, steps=steps, problem=answer.problem or None)


def render_kind(kind: fulfilment_pb2.FulfilmentKind.ValueType) -> FulfilmentKind:
    """How it is handed over."""
    word: FulfilmentKind = render_state(fulfilment_pb2.FulfilmentKind.Name(kind), "FULFILMENT_KIND_")
    return word


def render_item_state(state: fulfilment_pb2.FulfilmentState.ValueType) -> FulfilmentState:
    """Where an item stands."""
    word: FulfilmentState = render_state(fulfilment_pb2.FulfilmentState.Name(state), "FULFILMENT_STATE_")
    return word
