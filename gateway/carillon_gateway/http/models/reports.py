"""A campaign's report and the ledger's trial balance in JSON; figures are passed on, never computed here."""

from datetime import datetime

from pydantic import Field

from carillon.campaign.v1 import campaign_pb2
from carillon.reward.v1 import ledger_pb2
from carillon_gateway.http.models.campaigns import CampaignState
from carillon_gateway.http.models.shapes import Answer, render_state, render_time

# Enough for a rate of one subscriber in a million; more digits would only be noise of the floating point.
RATE_DIGITS = 6


class Interval(Answer):
    """A difference to the hold-out with its 95 % interval."""

    estimate: float
    low: float
    high: float


class Uplift(Answer):
    """An arm against the hold-out."""

    response_rate: Interval
    conversion_rate: Interval
    revenue_fen_per_subscriber: Interval


class ArmReport(Answer):
    """What one arm came to."""

    arm: str = Field(examples=["mens"])
    holdout: bool
    subscribers: int
    contacted: int
    delivered: int
    failed: int
    in_doubt: int
    responded: int
    converted: int
    rewarded: int
    revenue_fen: int
    response_rate: float
    conversion_rate: float
    uplift: Uplift | None = Field(description="Null for the hold-out, and where there is none")


class Report(Answer):
    """What a campaign came to, the hold-out first (CMP-01)."""

    campaign_id: str
    name: str
    state: CampaignState
    as_of: datetime
    arms: list[ArmReport]


class CurrencyTotal(Answer):
    """One currency over all accounts."""

    currency: str
    sum: int = Field(description="Zero in a sound ledger")
    issued: int
    held_by_campaigns: int
    held_by_subscribers: int


class TrialBalance(Answer):
    """The whole ledger on one line a currency."""

    balanced: bool = Field(description="Whether every sum is zero")
    totals: list[CurrencyTotal]
    transfers: int
    entries: int


def render_report(report: campaign_pb2.GetReportResponse) -> Report:
    """The report as JSON has it."""
    return Report(
        campaign_id=report.campaign_id,
        name=report.name,
        state=render_state(campaign_pb2.CampaignState.Name(report.state), "CAMPAIGN_STATE_"),
        as_of=render_time(report.as_of),
        arms=[_arm(arm) for arm in report.arms],
    )


def _arm(arm: campaign_pb2.ArmReport) -> ArmReport:
    return ArmReport(
        arm=arm.arm,
        holdout=arm.holdout,
        subscribers=arm.subscribers,
        contacted=arm.contacted,
        delivered=arm.delivered,
        failed=arm.failed,
        in_doubt=arm.in_doubt,
        responded=arm.responded,
        converted=arm.converted,
        rewarded=arm.rewarded,
        revenue_fen=arm.revenue_fen,
        response_rate=round(arm.response_rate, RATE_DIGITS),
        conversion_rate=round(arm.conversion_rate, RATE_DIGITS),
        uplift=_uplift(arm.uplift) if arm.HasField("uplift") else None,
    )


def _uplift(uplift: campaign_pb2.Uplift) -> Uplift:
    return Uplift(
        response_rate=_interval(uplift.response_rate),
        conversion_rate=_interval(uplift.conversion_rate),
        revenue_fen_per_subscriber=_interval(uplift.revenue_fen_per_subscriber),
    )


def _interval(interval: campaign_pb2.Interval) -> Interval:
    return Interval(
        estimate=round(interval.estimate, RATE_DIGITS),
        low=round(interval.low, RATE_DIGITS),
        high=round(interval.high, RATE_DIGITS),
    )


def render_trial_balance(balance: ledger_pb2.GetTrialBalanceResponse) -> TrialBalance:
    """The trial balance as JSON has it."""
    totals = [
        CurrencyTotal(
            currency=total.currency,
            sum=total.sum,
            issued=total.issued,
            held_by_campaigns=total.held_by_campaigns,
            held_by_subscribers=total.held_by_subscribers,
        )
        for total in balance.totals
    ]
    return TrialBalance(
        balanced=all(total.sum == 0 for total in totals),
        totals=totals,
        transfers=balance.transfers,
        entries=balance.entries,
    )
