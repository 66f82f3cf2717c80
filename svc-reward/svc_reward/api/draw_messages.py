"""Turns protobuf into draws' values and back, one function each way; it must not decide anything."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.reward.v1 import draw_pb2
from svc_reward.domain.draw import Draw, DrawState
from svc_reward.domain.draw_entrant import Entry
from svc_reward.domain.draw_rule import DrawRule, Eligibility, Points, Prize
from svc_reward.domain.draw_winner import Part, Winner

STATES: Mapping[DrawState, draw_pb2.DrawState.ValueType] = MappingProxyType(
    {
        DrawState.DRAFT: draw_pb2.DRAW_STATE_DRAFT,
        DrawState.OPEN: draw_pb2.DRAW_STATE_OPEN,
        DrawState.FROZEN: draw_pb2.DRAW_STATE_FROZEN,
        DrawState.SEEDED: draw_pb2.DRAW_STATE_SEEDED,
        DrawState.DRAWN: draw_pb2.DRAW_STATE_DRAWN,
        DrawState.VOID: draw_pb2.DRAW_STATE_VOID,
    }
)


def parse_rule(plan: draw_pb2.DrawPlan, *, draw_id: str, blinding: bytes) -> DrawRule:
    """Raises InvalidInput DRAW_RULE_INVALID or CURRENCY_UNKNOWN."""
    prizes = tuple(_parse_prize(prize) for prize in plan.prizes)
    eligibility = None
    if plan.HasField("eligibility"):
        eligibility = Eligibility(service=plan.eligibility.service, draw_month=plan.eligibility.draw_month)
    return DrawRule(
        draw_id=draw_id,
        name=plan.name,
        campaign_id=plan.campaign_id,
        prizes=prizes,
        awards=plan.awards or sum(prize.stock for prize in prizes),
        wins_per_person=plan.wins_per_person or 1,
        eligibility=eligibility,
        closes_at=plan.closes_at.ToDatetime(tzinfo=UTC),
        reveal_by=plan.reveal_by.ToDatetime(tzinfo=UTC),
        blinding=blinding,
        ticket_price=_parse_points(plan.ticket_price) if plan.HasField("ticket_price") else None,
    )


def _parse_prize(prize: draw_pb2.DrawPrize) -> Prize:
    points = _parse_points(prize.points) if prize.HasField("points") else None
    return Prize(code=prize.code, name=prize.name, weight=prize.weight, stock=prize.stock, points=points)


def _parse_points(points: draw_pb2.DrawPoints) -> Points:
    return Points(currency=points.currency, amount=points.amount)


def parse_entries(entries: Sequence[draw_pb2.DrawEntry]) -> list[Entry]:
    """Raises InvalidInput ENTRY_INVALID."""
    return [Entry(subscriber_id=entry.subscriber_id, source_key=entry.source_key) for entry in entries]


def render_draw(draw: Draw) -> draw_pb2.Draw:
    """The draw; its salt never leaves the service."""
    frozen = draw.frozen
    return draw_pb2.Draw(
        id=draw.rule.draw_id,
        plan=_render_plan(draw.rule),
        state=STATES[draw.state],
        branch=draw.branch,
        maker=draw.maker,
        rule_hash=draw.rule.digest(),
        commitment=draw.commitment,
        entrants=frozen.entrants if frozen else 0,
        tickets=frozen.tickets if frozen else 0,
        root=frozen.root if frozen else b"",
        second_seed=draw.second_seed,
        first_seed=draw.first_seed,
        void_reason=draw.void_reason,
        changed_at=_render_time(draw.changed_at),
    )


def _render_plan(rule: DrawRule) -> draw_pb2.DrawPlan:
    plan = draw_pb2.DrawPlan(
        name=rule.name,
        campaign_id=rule.campaign_id,
        prizes=[_render_prize(prize) for prize in rule.prizes],
        awards=rule.awards,
        wins_per_person=rule.wins_per_person,
        closes_at=_render_time(rule.closes_at),
        reveal_by=_render_time(rule.reveal_by),
    )
    if rule.eligibility is not None:
        plan.eligibility.service = rule.eligibility.service
        plan.eligibility.draw_month = rule.eligibility.draw_month
    if rule.ticket_price is not None:
        plan.ticket_price.currency = rule.ticket_price.currency
        plan.ticket_price.amount = rule.ticket_price.amount
    return plan


def _render_prize(prize: Prize) -> draw_pb2.DrawPrize:
    message = draw_pb2.DrawPrize(code=prize.code, name=prize.name, weight=prize.weight, stock=prize.stock)
    if prize.points is not None:
        message.points.currency = prize.points.currency
        message.points.amount = prize.points.amount
    return message


def render_winner(winner: Winner) -> draw_pb2.DrawWinner:
    """The winner with the subscriber, for those who have to know."""
    return draw_pb2.DrawWinner(
        award=winner.award,
        prize=winner.prize,
        subscriber_id=winner.subscriber_id,
        token=winner.token.hex(),
        payment=winner.payment,
    )


def render_part(part: Part) -> draw_pb2.GetEntrantResponse:
    """One subscriber's part, for the subscriber."""
    return draw_pb2.GetEntrantResponse(
        entrant=part.position,
        token=part.token.hex(),
        tickets=part.tickets,
        wins=[render_winner(winner) for winner in part.wins],
    )


def _render_time(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
