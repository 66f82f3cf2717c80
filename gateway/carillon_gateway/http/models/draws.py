"""Draws in JSON; seeds and hashes are hexadecimal, and nobody's number appears in an answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from carillon.reward.v1 import draw_pb2
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Msisdn,
    Text,
    parse_time,
    render_state,
    render_time,
)

DrawState = Literal["draft", "open", "frozen", "seeded", "drawn", "void"]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["phone"])]
Name = Annotated[Text, Field(min_length=1, max_length=120)]
Month = Annotated[str, Field(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$", examples=["2026-10"])]
Hex32 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$", description="32 bytes in hexadecimal")]
# As many as one call of /events takes; services book in larger batches behind the gateway.
ENTRIES_LIMIT = 1_000


class DrawPoints(Body):
    """What a point prize pays, from the campaign's budget, or what a ticket costs."""

    currency: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["seeds"])
    amount: int = Field(gt=0, le=10**12)


class DrawPrize(Body):
    """One prize, how many there are, and how heavily it weighs against the others that are left."""

    code: Code
    name: Name
    weight: int = Field(default=1, ge=1, le=1_000_000)
    stock: int = Field(ge=1, le=10_000_000)
    points: DrawPoints | None = Field(default=None, description="Null for what is handed over by hand")


class DrawEligibility(Body):
    """Only who was subscribed to the service in the month before the draw's month may enter (RWD-09)."""

    service: Code
    draw_month: Month


class DrawPlan(Body):
    """The rule of a draw; its hash is published when the draw opens."""

    name: Name
    campaign_id: Code
    prizes: list[DrawPrize] = Field(min_length=1, max_length=100)
    awards: int = Field(default=0, ge=0, le=100_000, description="How many prizes are given; 0 is the whole stock")
    wins_per_person: int = Field(default=1, ge=1, le=1_000)
    eligibility: DrawEligibility | None = None
    closes_at: AwareDatetime
    reveal_by: AwareDatetime = Field(description="The seeds must be out by then, or the draw is void")
    ticket_price: DrawPoints | None = Field(
        default=None, description="What a ticket costs its subscriber (RWD-05); given back when the draw is void"
    )


class OpenDraw(Body):
    """What the operator commits to: SHA-256 of 32 random bytes that stay secret until the reveal."""

    commitment: Hex32


class Seed(Body):
    """A seed: the second party's own, or the one that was committed to."""

    seed: Hex32


class VoidDraw(Body):
    """Why nobody wins; it stands in the proof, so it must name nobody."""

    reason: Text = Field(min_length=1, max_length=200)


class DrawEntry(Body):
    """One ticket: who, and for what. The same key of a subscriber again is the same ticket."""

    msisdn: Msisdn
    source_key: str = Field(pattern=r"^[!-~]{1,120}$", examples=["code:8F3K2"])


class AddEntries(Body):
    """Tickets of one call."""

    entries: list[DrawEntry] = Field(min_length=1, max_length=ENTRIES_LIMIT)
    subscribed_month: Month | None = Field(
        default=None, description="The month in which all these were subscribed, where the rule asks"
    )


class EntriesAdded(Answer):
    """What became of the tickets."""

    added: int
    standing: int = Field(description="Tickets that stood already under the same key")
    unknown: list[int] = Field(description="Indexes of entries whose number no snapshot has brought")


class SubscribersEntered(Answer):
    """Whom the job enters: who was subscribed to the service in that month (RWD-09)."""

    service: str
    subscribed_month: str = Field(examples=["2026-10"])
    subscribers: int = Field(description="How many were; each is entered once, however often it is asked for")


class Draw(Answer):
    """A draw as everybody may see it."""

    id: str
    state: DrawState
    branch: str
    plan: DrawPlan
    rule_hash: str
    commitment: str | None
    entrants: int | None
    tickets: int | None
    root: str | None
    second_seed: str | None
    first_seed: str | None
    void_reason: str | None
    changed_at: datetime


class Drawn(Draw):
    """A draw in the moment it was drawn."""

    winners: int


class DrawWinner(Answer):
    """One award; the token is the winner's in the proof."""

    award: int
    prize: str
    token: str
    payment: str | None = Field(description="Of a point prize: PENDING, POSTED, or why the ledger refused it so far")


class DrawWinners(Answer):
    """A page of winners."""

    winners: list[DrawWinner]
    next_page_token: str


class DrawPart(Answer):
    """One subscriber's part in a draw: where in the proof, under which token, and what it won."""

    entrant: int = Field(description="Position among the proof's leaves, counted from 1")
    token: str
    tickets: int
    wins: list[DrawWinner]


class DrawProof(Answer):
    """What `carillon verify draw` takes: the file says in its format, and the verifier in its text, how it is computed."""

    format: Literal["carillon-draw-proof-1"]
    state: Literal["open", "frozen", "seeded", "drawn", "void"]
    rule: dict[str, Any]
    rule_hash: str
    commitment: str
    digest: str
    entrants: int | None = None
    tickets: int | None = None
    root: str | None = None
    leaves: list[str] | None = None
    second_seed: str | None = None
    first_seed: str | None = None
    key: str | None = None
    winners: list[dict[str, Any]] | None = None
    void_reason: str | None = None


def parse_draw_plan(body: DrawPlan) -> draw_pb2.DrawPlan:
    """The plan as svc-reward takes it."""
    plan = draw_pb2.DrawPlan(
        name=body.name,
        campaign_id=body.campaign_id,
        awards=body.awards,
        wins_per_person=body.wins_per_person,
        closes_at=parse_time(body.closes_at),
        reveal_by=parse_time(body.reveal_by),
    )
    for prize in body.prizes:
        message = plan.prizes.add(code=prize.code, name=prize.name, weight=prize.weight, stock=prize.stock)
        if prize.points is not None:
            message.points.currency, message.points.amount = prize.points.currency, prize.points.amount
    if body.eligibility is not None:
        plan.eligibility.service = body.eligibility.service
        plan.eligibility.draw_month = body.eligibility.draw_month
    if body.ticket_price is not None:
        plan.ticket_price.currency, plan.ticket_price.amount = body.ticket_price.currency, body.ticket_price.amount
    return plan


def render_draw(draw: draw_pb2.Draw) -> Draw:
    """The draw as JSON has it."""
    return Draw(**_fields(draw))


def render_drawn(answer: draw_pb2.RevealDrawResponse) -> Drawn:
    """The draw and how many won."""
    return Drawn(**_fields(answer.draw), winners=answer.winners)


def _fields(draw: draw_pb2.Draw) -> dict[str, Any]:
    frozen = bool(draw.root)
    return {
        "id": draw.id,
        "state": render_state(draw_pb2.DrawState.Name(draw.state), "DRAW_STATE_"),
        "branch": draw.branch,
        "plan": _render_plan(draw.plan),
        "rule_hash": draw.rule_hash.hex(),
        "commitment": draw.commitment.hex() or None,
        "entrants": draw.entrants if frozen else None,
        "tickets": draw.tickets if frozen else None,
        "root": draw.root.hex() or None,
        "second_seed": draw.second_seed.hex() or None,
        "first_seed": draw.first_seed.hex() or None,
        "void_reason": draw.void_reason or None,
        "changed_at": render_time(draw.changed_at),
    }


def _render_plan(plan: draw_pb2.DrawPlan) -> DrawPlan:
    eligibility = None
    if plan.HasField("eligibility"):
        eligibility = DrawEligibility(service=plan.eligibility.service, draw_month=plan.eligibility.draw_month)
    return DrawPlan(
        name=plan.name,
        campaign_id=plan.campaign_id,
        prizes=[_render_prize(prize) for prize in plan.prizes],
        awards=plan.awards,
        wins_per_person=plan.wins_per_person,
        eligibility=eligibility,
        closes_at=render_time(plan.closes_at),
        reveal_by=render_time(plan.reveal_by),
        ticket_price=_render_points(plan.ticket_price) if plan.HasField("ticket_price") else None,
    )


def _render_prize(prize: draw_pb2.DrawPrize) -> DrawPrize:
    points = _render_points(prize.points) if prize.HasField("points") else None
    return DrawPrize(code=prize.code, name=prize.name, weight=prize.weight, stock=prize.stock, points=points)


def _render_points(points: draw_pb2.DrawPoints) -> DrawPoints:
    return DrawPoints(currency=points.currency, amount=points.amount)


def render_draw_winner(winner: draw_pb2.DrawWinner) -> DrawWinner:
    """The winner without the inner subscriber id."""
    return DrawWinner(award=winner.award, prize=winner.prize, token=winner.token, payment=winner.payment or None)


def render_part(part: draw_pb2.GetEntrantResponse) -> DrawPart:
    """The part as JSON has it."""
    wins = [render_draw_winner(winner) for winner in part.wins]
    return DrawPart(entrant=part.entrant, token=part.token, tickets=part.tickets, wins=wins)
