"""Reward reports and mailings, in JSON; it must not decide who may see what."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from carillon.reward.v1 import fulfilment_pb2
from carillon_gateway.http.models.fulfilments import FulfilmentKind, FulfilmentState, render_item_state, render_kind
from carillon_gateway.http.models.prizes import PrizeCode
from carillon_gateway.http.models.shapes import Answer, Body, Money, Text, render_state, render_time

STAGE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
# What one piece of a prize is at most: a million yuan, as svc-reward has it.
CREDIT_LIMIT_FEN = 100_000_000
MAX_NAMED = 200


class Worth(Body):
    """An amount in fen, a hundredth of a yuan."""

    amount_fen: int = Field(gt=0, le=CREDIT_LIMIT_FEN, examples=[1000])


class PhoneCredit(Body):
    """A prize that is phone credit, and how much a piece of it is."""

    prize: PrizeCode
    worth: Worth


class IssueReport(Body):
    """A stage of a campaign. Its draws and grants are gathered by themselves; of the shop, what is named here."""

    campaign: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"])
    stage: str = Field(pattern=STAGE, examples=["2026-11"])
    prizes: list[PrizeCode] = Field(
        default=[], max_length=MAX_NAMED, description="Prizes whose open redemptions belong to the campaign"
    )
    sales: list[UUID] = Field(
        default=[], max_length=MAX_NAMED, description="Flash sales whose paid claims belong to it"
    )
    credits: list[PhoneCredit] = Field(default=[], max_length=MAX_NAMED)


class IssueMailing(Body):
    """A mailing to the members of a segment (RWD-31): leaflet, reminder, small gift."""

    campaign: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["premium-club"])
    stage: str = Field(pattern=STAGE, examples=["2026-11"])
    code: PrizeCode = Field(description="A short code for what is in the envelope", examples=["leaflet"])
    name: Text = Field(min_length=1, max_length=120, examples=["Rights leaflet and key chain"])
    segment_id: UUID = Field(description="Who gets it, as the segment is now")


class VerifyCity(Body):
    """Which of the city's items are right."""

    prize: PrizeCode | None = Field(default=None, description="One prize; everything if absent")


class CompleteCity(Body):
    """What was handed over as one."""

    prize: Text = Field(min_length=1, max_length=64, description="The prize of the items, as they name it")
    reference: Text = Field(min_length=1, max_length=120, description="Of the mailing, or of the list")


class Changed(Answer):
    """What one call has changed."""

    items: int
    more: bool = Field(description="Whether there may be more: a call takes 5,000; call again with another key")


class StateTotal(Answer):
    """Items in one state."""

    state: FulfilmentState
    items: int
    quantity: int
    phone_credit: Money


class PrizeTotal(Answer):
    """One prize in one city."""

    prize: str
    name: str
    kind: FulfilmentKind
    states: list[StateTotal]


class CityTotal(Answer):
    """What a city has to hand over, or has (RWD-03)."""

    city: str = Field(description="A branch; empty for what the province hands over itself")
    file_sha256: str = Field(description="Of the city's own file; empty before the report is issued")
    states: list[StateTotal]
    prizes: list[PrizeTotal]


class GrantTotal(Answer):
    """What the campaign's budget paid out in one currency since the report before: the ledger's own sum."""

    currency: str
    transfers: int
    amount: int = Field(description="Net of what was reversed")
    first_entry: int = Field(description="The budget account's entries that were summed, from this one ...")
    last_entry: int = Field(description="... to this one")


class RewardReport(Answer):
    """A stage's report (RWD-01) and how far it has come."""

    id: str
    campaign: str
    stage: str
    state: Literal["placing", "issued"] = Field(description="placing while the cities of items are being asked for")
    items: int
    file_sha256: str
    issued_by: str
    issued_at: datetime
    grants: list[GrantTotal] = Field(description="For the province alone")
    cities: list[CityTotal]


class RewardReports(Answer):
    """A campaign's reports in the order in which they were issued."""

    reports: list[RewardReport]


def parse_report(body: IssueReport, *, request_id: str) -> fulfilment_pb2.IssueReportRequest:
    """The report for svc-reward."""
    return fulfilment_pb2.IssueReportRequest(
        request_id=request_id,
        campaign=body.campaign,
        stage=body.stage,
        prizes=body.prizes,
        sales=[str(sale) for sale in body.sales],
        credits=[fulfilment_pb2.PhoneCredit(prize=one.prize, fen=one.worth.amount_fen) for one in body.credits],
    )


def render_report(report: fulfilment_pb2.RewardReport) -> RewardReport:
    """The report as JSON has it."""
    return RewardReport(
        id=report.id,
        campaign=report.campaign,
        stage=report.stage,
        state=render_state(fulfilment_pb2.RewardReportState.Name(report.state), "REWARD_REPORT_STATE_"),
        items=report.items,
        file_sha256=report.file_sha256,
        issued_by=report.issued_by,
        issued_at=render_time(report.issued_at),
        grants=[
            GrantTotal(
                currency=grant.currency,
                transfers=grant.transfers,
                amount=grant.amount,
                first_entry=grant.first_entry,
                last_entry=grant.last_entry,
            )
            for grant in report.grants
        ],
        cities=[_render_city(city) for city in report.cities],
    )


def _render_city(city: fulfilment_pb2.CityTotal) -> CityTotal:
    prizes = [
        PrizeTotal(
            prize=prize.prize,
            name=prize.name,
            kind=render_kind(prize.kind),
            states=[_render_total(total) for total in prize.states],
        )
        for prize in city.prizes
    ]
    states = [_render_total(total) for total in city.states]
    return CityTotal(city=city.city, file_sha256=city.file_sha256, states=states, prizes=prizes)


def _render_total(total: fulfilment_pb2.StateTotal) -> StateTotal:
    return StateTotal(
        state=render_item_state(total.state),
        items=total.items,
        quantity=total.quantity,
        phone_credit=Money(amount_fen=total.amount_fen),
    )
