"""The match library and its matches in JSON; it must not decide anything."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from carillon.segment.v1 import match_pb2
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Month,
    ShortText,
    Text,
    render_optional_time,
    render_state,
    render_time,
)

MAX_RULE_LENGTH = 20_000
Hours = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["09:00-21:00"])
]


class PutMatchedService(Body):
    """Who has a service and whose handset can use it."""

    owned_when: Text = Field(
        "", max_length=MAX_RULE_LENGTH, description="A rule; who fits it has the service, beside what orders tell"
    )
    terminal: Text = Field(
        "", max_length=MAX_RULE_LENGTH, description="A rule; whose handset can use it. Empty: everyone's"
    )


class MatchedService(Answer):
    """A service of the library."""

    code: str
    owned_when: str
    terminal: str


class MatchRule(Body):
    """A row of the customer-service-channel library."""

    code: ShortText = Field(examples=["R1"])
    service: ShortText = Field(examples=["FETION"])
    layer: Literal[1, 2, 3, 4] = Field(description="1 data mining, 2 experience, 3 CRM segment, 4 brand and terminal")
    principle: Text = Field("", max_length=400, examples=["飞信增量模型"])
    extract: Text = Field(min_length=1, max_length=MAX_RULE_LENGTH, examples=["fetion_model_score >= 0.7"])
    priority: int = Field(1, ge=1, le=9, description="Which rule speaks for a service when several fit; 1 first")
    channels: list[ShortText] = Field(min_length=1, max_length=20, examples=[["HALL", "INBOUND_10096"]])
    brands: list[ShortText] = Field(default=[], max_length=20, description="Empty: all brands")
    brand_order: list[ShortText] = Field(default=[], max_length=20, description="Who comes first when volume is short")
    monthly_volume: int = Field(0, ge=0, le=100_000_000, description="Subscribers a month; 0: no limit")
    score: ShortText = Field("", description="A numeric attribute whose highest values come first")
    hours: Hours | None = Field(
        None,
        description="In which hours of a day, local time, over midnight where they end before they start; null: any",
    )


class MatchLibrary(Answer):
    """The library as it stands, rules by rank."""

    services: list[MatchedService]
    rules: list[MatchRule]


class LoadedMatchLibrary(Answer):
    """What came of the shipped library."""

    services: int = Field(description="Services added")
    rules: int = Field(description="Rules added")
    left_out: dict[str, str] = Field(description="By code, why a service or rule could not be added")


class RequestMatch(Body):
    """The month whose volumes a match uses."""

    month: Month | None = Field(None, examples=["2011-03"], description="Without it, this month")


class MatchShare(Answer):
    """What one rule came to."""

    rule: str
    service: str
    layer: int
    channels: list[str]
    monthly_volume: int
    hours: str | None
    fitting: int | None = Field(description="Who could take the service by this rule")
    placed: list[int] | None = Field(description="Who has it in the first, second and third place")
    small_group: bool = Field(
        description="Fewer than 20 somewhere, whom the tag of a scene names: those counts are null here"
    )


class Match(Answer):
    """A match of everyone, and how far it is."""

    id: str = Field(examples=["0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"])
    state: Literal["queued", "running", "done", "failed"]
    month: str
    as_of: str | None = Field(description="The day the data describe")
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None
    rules_done: int
    rules: int
    subscribers: int
    covered: int = Field(description="Subscribers with at least one recommendation")
    recommended: int = Field(description="Recommendations in all, one to three a covered subscriber")
    shares: list[MatchShare]
    problem: str | None


class MatchReason(Answer):
    """What became of one rule for one subscriber."""

    rule: str
    service: str
    layer: int
    principle: str
    channels: list[str]
    verdict: Literal[
        "recommended",
        "owned",
        "terminal",
        "other_brand",
        "not_fitting",
        "spoken_for",
        "no_place_left",
        "volume_spent",
        "new_since",
    ]
    detail: str
    place: int | None = Field(description="1 to 3 where it is recommended")
    by: str | None = Field(description="The rule that speaks for the service instead")
    hours: str | None = Field(description="In which hours of a day to recommend it; null: any")


class SubscriberMatch(Answer):
    """One subscriber's match: recommendations first to last, then why nothing else."""

    match_id: str
    month: str
    as_of: str
    recommended: list[MatchReason]
    others: list[MatchReason]


def parse_rule(body: MatchRule) -> match_pb2.MatchRule:
    """The rule as svc-segment takes it."""
    return match_pb2.MatchRule(**{**body.model_dump(), "hours": body.hours or ""})


def render_library(answer: match_pb2.GetMatchLibraryResponse) -> MatchLibrary:
    """The library as JSON has it."""
    return MatchLibrary(
        services=[render_service(service) for service in answer.services],
        rules=[render_rule(rule) for rule in answer.rules],
    )


def render_service(service: match_pb2.MatchedService) -> MatchedService:
    """A service as JSON has it."""
    return MatchedService(code=service.code, owned_when=service.owned_when, terminal=service.terminal)


def render_rule(rule: match_pb2.MatchRule) -> MatchRule:
    """A rule as JSON has it."""
    return MatchRule(
        code=rule.code,
        service=rule.service,
        layer=rule.layer,
        principle=rule.principle,
        extract=rule.extract,
        priority=rule.priority,
        channels=list(rule.channels),
        brands=list(rule.brands),
        brand_order=list(rule.brand_order),
        monthly_volume=rule.monthly_volume,
        score=rule.score,
        hours=rule.hours or None,
    )


def render_match(match: match_pb2.Match) -> Match:
    """A match as JSON has it."""
    return Match(
        id=match.id,
        state=render_state(match_pb2.RunState.Name(match.state), "RUN_STATE_"),
        month=match.month,
        as_of=match.as_of or None,
        requested_by=match.requested_by,
        requested_at=render_time(match.requested_at),
        ended_at=render_optional_time(match, "ended_at"),
        rules_done=match.rules_done,
        rules=match.rules,
        subscribers=match.subscribers,
        covered=match.covered,
        recommended=match.recommended,
        shares=[
            MatchShare(
                rule=share.rule,
                service=share.service,
                layer=share.layer,
                channels=list(share.channels),
                monthly_volume=share.monthly_volume,
                hours=share.hours or None,
                fitting=None if share.small_group and not share.fitting else share.fitting,
                placed=None if share.small_group and not any(share.placed) else list(share.placed),
                small_group=share.small_group,
            )
            for share in match.shares
        ],
        problem=match.problem or None,
    )


def render_subscriber_match(answer: match_pb2.ExplainMatchResponse) -> SubscriberMatch:
    """One subscriber's match as JSON has it."""
    reasons = [_render_reason(reason) for reason in answer.reasons]
    return SubscriberMatch(
        match_id=answer.match_id,
        month=answer.month,
        as_of=answer.as_of,
        recommended=[reason for reason in reasons if reason.place],
        others=[reason for reason in reasons if not reason.place],
    )


def _render_reason(reason: match_pb2.MatchReason) -> MatchReason:
    return MatchReason(
        rule=reason.rule,
        service=reason.service,
        layer=reason.layer,
        principle=reason.principle,
        channels=list(reason.channels),
        verdict=reason.verdict,
        detail=reason.detail,
        place=reason.place or None,
        by=reason.by or None,
        hours=reason.hours or None,
    )
