"""Grant rules in JSON: what earns what; it must not judge them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from carillon.reward.v1 import grant_pb2
from carillon_gateway.http.models.reward_offers import Offer, parse_offer, render_offer
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Money,
    ShortText,
    Text,
    parse_time,
    render_optional_time,
    render_state,
    render_time,
)

Trigger = Literal["order", "event", "growth", "judged"]
Payee = Literal["subscriber", "staff", "seller"]
ShapeKind = Literal["flat", "per_spend", "per_quantity", "first", "tiered", "streak"]
Period = Literal["day", "month", "rule"]
Share = Annotated[int, Field(ge=0, le=10**12)]


class ShareTier(Body):
    """Reached when all its minimums are; ``shares`` for each ``per`` pieces, or once where that is 0."""

    services_from: int = Field(default=0, ge=0, le=1000)
    uses_from: int = Field(default=0, ge=0, le=1_000_000)
    quantity_from: int = Field(default=0, ge=0, le=10**9)
    per: int = Field(default=0, ge=0, le=10**9)
    shares: int = Field(ge=1, le=1_000_000)


class Shape(Body):
    """How many shares a deed earns. Send 2 get 1 is ``tiered`` with the tier ``{"per": 2, "shares": 1}``."""

    kind: ShapeKind
    step: Money = Field(default=Money(amount_fen=0), description="Of per_spend: one share for each full step")
    tiers: list[ShareTier] = Field(default=[], max_length=50)
    streak: int = Field(default=0, ge=0, le=366, description="Of streak: days or months in a row")
    period: Period = Field(default="rule", description="Over what tiers count; what a streak is made of")


class Growth(Body):
    """What an account has to earn in a day or a month; a growth rule counts it as pieces (RWD-28)."""

    currency: Annotated[ShortText, Field(min_length=1)] = Field(examples=["fetion_points"])
    least: int = Field(ge=1, le=10**12)
    period: Literal["day", "month"]


class CreateGrantRule(Body):
    """A dated rule; it grants once another person has approved it."""

    name: Annotated[Text, Field(min_length=1, max_length=120)] = Field(examples=["First MMS"])
    trigger: Trigger
    event_types: list[Annotated[ShortText, Field(min_length=1)]] = Field(
        default=[], max_length=50, examples=[["mms_sent"]]
    )
    services: list[Annotated[ShortText, Field(min_length=1)]] = Field(
        default=[], max_length=100, description="Empty for every service"
    )
    payee: Payee = "subscriber"
    shape: Shape
    offer: Offer
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = Field(default=None, description="The first moment at which it grants no more")
    owner_cap: Share = Field(default=0, description="Shares for one owner within cap_period; 0 is no cap")
    cap_period: Period = "rule"
    total_cap: Share = Field(default=0, description="Shares for all owners together; 0 is no cap")
    requires_rule: int = Field(default=0, ge=0, lt=1 << 63, description="The rule that has to have granted before")
    claw_back_days: int = Field(default=0, ge=0, le=365, description="An order that ends so soon earns nothing")
    growth: Growth | None = Field(default=None, description="Of the trigger growth")


class GrantRule(Answer):
    """A rule and the people behind it."""

    number: int
    terms: CreateGrantRule
    made_by: str
    made_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None


class GrantRules(Answer):
    """A page of rules."""

    rules: list[GrantRule]
    next_page_token: str


def parse_grant_rule(body: CreateGrantRule, *, request_id: str) -> grant_pb2.CreateGrantRuleRequest:
    """The request for svc-reward."""
    terms = grant_pb2.GrantTerms(
        name=body.name,
        trigger=grant_pb2.GrantTrigger.Value(f"GRANT_TRIGGER_{body.trigger.upper()}"),
        event_types=body.event_types,
        services=body.services,
        payee=grant_pb2.Payee.Value(f"PAYEE_{body.payee.upper()}"),
        shape=grant_pb2.GrantShape(
            kind=grant_pb2.ShapeKind.Value(f"SHAPE_KIND_{body.shape.kind.upper()}"),
            step_fen=body.shape.step.amount_fen,
            tiers=[grant_pb2.ShareTier(**tier.model_dump()) for tier in body.shape.tiers],
            streak=body.shape.streak,
            period=_parse_period(body.shape.period),
        ),
        offer=parse_offer(body.offer),
        valid_from=parse_time(body.valid_from),
        valid_to=None if body.valid_to is None else parse_time(body.valid_to),
        owner_cap=body.owner_cap,
        cap_period=_parse_period(body.cap_period),
        total_cap=body.total_cap,
        requires_rule=body.requires_rule,
        claw_back_days=body.claw_back_days,
        growth=None if body.growth is None else _parse_growth(body.growth),
    )
    return grant_pb2.CreateGrantRuleRequest(request_id=request_id, terms=terms)


def render_grant_rule(rule: grant_pb2.GrantRule) -> GrantRule:
    """The rule as JSON has it."""
    return GrantRule(
        number=rule.number,
        terms=_terms(rule.terms),
        made_by=rule.made_by,
        made_at=render_time(rule.made_at),
        approved_by=rule.approved_by or None,
        approved_at=render_optional_time(rule, "approved_at"),
        ended_by=rule.ended_by or None,
        ended_at=render_optional_time(rule, "ended_at"),
    )


def _terms(terms: grant_pb2.GrantTerms) -> CreateGrantRule:
    shape = terms.shape
    return CreateGrantRule(
        name=terms.name,
        trigger=render_state(grant_pb2.GrantTrigger.Name(terms.trigger), "GRANT_TRIGGER_"),
        event_types=list(terms.event_types),
        services=list(terms.services),
        payee=render_state(grant_pb2.Payee.Name(terms.payee), "PAYEE_"),
        shape=Shape(
            kind=render_state(grant_pb2.ShapeKind.Name(shape.kind), "SHAPE_KIND_"),
            step=Money(amount_fen=shape.step_fen),
            tiers=[
                ShareTier(
                    services_from=tier.services_from,
                    uses_from=tier.uses_from,
                    quantity_from=tier.quantity_from,
                    per=tier.per,
                    shares=tier.shares,
                )
                for tier in shape.tiers
            ],
            streak=shape.streak,
            period=render_state(grant_pb2.GrantPeriod.Name(shape.period), "GRANT_PERIOD_"),
        ),
        offer=render_offer(terms.offer),
        valid_from=render_time(terms.valid_from),
        valid_to=render_optional_time(terms, "valid_to"),
        owner_cap=terms.owner_cap,
        cap_period=render_state(grant_pb2.GrantPeriod.Name(terms.cap_period), "GRANT_PERIOD_"),
        total_cap=terms.total_cap,
        requires_rule=terms.requires_rule,
        claw_back_days=terms.claw_back_days,
        growth=_growth(terms.growth) if terms.HasField("growth") else None,
    )


def _growth(growth: grant_pb2.Growth) -> Growth:
    period = render_state(grant_pb2.GrantPeriod.Name(growth.period), "GRANT_PERIOD_")
    return Growth(currency=growth.currency, least=growth.least, period=period)


def _parse_growth(growth: Growth) -> grant_pb2.Growth:
    return grant_pb2.Growth(currency=growth.currency, least=growth.least, period=_parse_period(growth.period))


def _parse_period(period: Period) -> grant_pb2.GrantPeriod.ValueType:
    return grant_pb2.GrantPeriod.Value(f"GRANT_PERIOD_{period.upper()}")
