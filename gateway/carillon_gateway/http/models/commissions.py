"""Commission policies, refunds and statements in JSON; it must not judge them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from carillon.reward.v1 import affiliate_pb2, commission_pb2
from carillon_gateway.http.models.affiliates import AffiliateId, AffiliateKind, CommissionKind
from carillon_gateway.http.models.shapes import (
    Answer,
    Body,
    Money,
    ShortText,
    parse_time,
    render_optional_time,
    render_state,
    render_time,
)

LineState = Literal["estimated", "locked", "payable", "paid", "void"]


class Balance(Answer):
    """An amount in fen that may be negative."""

    amount_fen: int


class Tier(Body):
    """What an event earns from the ``volume_from``-th of its month on, after so many months of continued use."""

    volume_from: int = Field(default=1, ge=1, le=100_000_000)
    use_months: int = Field(default=0, ge=0, le=36)
    flat: Money = Field(default=Money(amount_fen=0), description="An event")
    share_myriad: int = Field(default=0, ge=0, le=10_000, description="Ten-thousandths of the order's amount")


class CreatePolicy(Body):
    """A dated rate; it pays once another person has approved it (RWD-21)."""

    affiliate_kind: AffiliateKind
    commission_kind: CommissionKind
    affiliate_id: AffiliateId | None = None
    service: ShortText | None = None
    valid_from: AwareDatetime
    valid_to: AwareDatetime | None = Field(default=None, description="The first moment at which it pays no more")
    tiers: list[Tier] = Field(min_length=1, max_length=100)
    monthly_cap: Money = Field(default=Money(amount_fen=0), description="For one affiliate; 0 is no cap")
    holding_days: int = Field(default=0, ge=0, le=365)
    beyond_matrix: bool = Field(default=False, description="Pay what the source of the matrix does not state")


class Policy(Answer):
    """A policy and the two people behind it."""

    number: int
    affiliate_kind: AffiliateKind
    commission_kind: CommissionKind
    affiliate_id: str | None
    service: str | None
    valid_from: datetime
    valid_to: datetime | None
    tiers: list[Tier]
    monthly_cap: Money
    holding_days: int
    beyond_matrix: bool
    made_by: str
    made_at: datetime
    approved_by: str | None
    approved_at: datetime | None


class Policies(Answer):
    """A page of policies."""

    policies: list[Policy]
    next_page_token: str


class RefundOrder(Body):
    """An order whose commission is taken back."""

    order_id: ShortText = Field(min_length=1)


class OrderRefunded(Answer):
    """How many lines are void, and how many have a negative line now."""

    voided: int
    deducted: int


class Total(Answer):
    """The lines of one kind in one state."""

    kind: CommissionKind
    state: LineState
    lines: int
    amount: Balance


class Statement(Answer):
    """One affiliate's month, in the operator's time zone."""

    affiliate_id: str
    month: str
    totals: list[Total]


class Statements(Answer):
    """A page of statements."""

    statements: list[Statement]
    next_page_token: str


class Line(Answer):
    """One line of a statement; negative for a deduction."""

    number: int
    event_id: str
    kind: CommissionKind
    service: str
    state: LineState
    amount: Balance
    use_months: int
    policy: int
    due_at: datetime
    locks_at: datetime
    settlement_id: str | None


class Position(Answer):
    """The ledger's own word, over all months: earned less owed is what is locked and in no approved run."""

    earned: Balance
    owed: Balance
    payable: Balance
    paid: Balance


class StatementPage(Answer):
    """A statement with a page of its lines."""

    statement: Statement
    lines: list[Line]
    next_page_token: str
    ledger: Position


class StatementProof(Answer):
    """Whether all lines equal the ledger, unit by unit."""

    sound: bool
    affiliates: int
    lines: int
    differing: list[str]


def parse_policy(body: CreatePolicy, *, request_id: str) -> commission_pb2.CreatePolicyRequest:
    """The request for svc-reward."""
    terms = commission_pb2.PolicyTerms(
        affiliate_kind=affiliate_pb2.AffiliateKind.Value(f"AFFILIATE_KIND_{body.affiliate_kind.upper()}"),
        commission_kind=affiliate_pb2.CommissionKind.Value(f"COMMISSION_KIND_{body.commission_kind.upper()}"),
        affiliate_id=body.affiliate_id or "",
        service=body.service or "",
        valid_from=parse_time(body.valid_from),
        valid_to=None if body.valid_to is None else parse_time(body.valid_to),
        tiers=[
            commission_pb2.Tier(
                volume_from=tier.volume_from,
                use_months=tier.use_months,
                flat_fen=tier.flat.amount_fen,
                share_myriad=tier.share_myriad,
            )
            for tier in body.tiers
        ],
        monthly_cap_fen=body.monthly_cap.amount_fen,
        holding_days=body.holding_days,
        beyond_matrix=body.beyond_matrix,
    )
    return commission_pb2.CreatePolicyRequest(request_id=request_id, terms=terms)


def render_policy(policy: commission_pb2.Policy) -> Policy:
    """The policy as JSON has it."""
    terms = policy.terms
    return Policy(
        number=policy.number,
        affiliate_kind=render_state(affiliate_pb2.AffiliateKind.Name(terms.affiliate_kind), "AFFILIATE_KIND_"),
        commission_kind=_commission_kind(terms.commission_kind),
        affiliate_id=terms.affiliate_id or None,
        service=terms.service or None,
        valid_from=render_time(terms.valid_from),
        valid_to=render_optional_time(terms, "valid_to"),
        tiers=[
            Tier(
                volume_from=tier.volume_from,
                use_months=tier.use_months,
                flat=Money(amount_fen=tier.flat_fen),
                share_myriad=tier.share_myriad,
            )
            for tier in terms.tiers
        ],
        monthly_cap=Money(amount_fen=terms.monthly_cap_fen),
        holding_days=terms.holding_days,
        beyond_matrix=terms.beyond_matrix,
        made_by=policy.made_by,
        made_at=render_time(policy.made_at),
        approved_by=policy.approved_by or None,
        approved_at=render_optional_time(policy, "approved_at"),
    )


def render_statement(statement: commission_pb2.Statement) -> Statement:
    """The totals as JSON has them."""
    totals = [
        Total(
            kind=_commission_kind(total.kind),
            state=_line_state(total.state),
            lines=total.lines,
            amount=Balance(amount_fen=total.amount_fen),
        )
        for total in statement.totals
    ]
    return Statement(affiliate_id=statement.affiliate_id, month=statement.month, totals=totals)


def render_statement_page(answer: commission_pb2.GetStatementResponse) -> StatementPage:
    """The statement with its lines as JSON has them."""
    return StatementPage(
        statement=render_statement(answer.statement),
        lines=[_line(line) for line in answer.lines],
        next_page_token=answer.next_page_token,
        ledger=Position(
            earned=Balance(amount_fen=answer.ledger.earned_fen),
            owed=Balance(amount_fen=answer.ledger.owed_fen),
            payable=Balance(amount_fen=answer.ledger.payable_fen),
            paid=Balance(amount_fen=answer.ledger.paid_fen),
        ),
    )


def _line(line: commission_pb2.StatementLine) -> Line:
    return Line(
        number=line.number,
        event_id=line.event_id,
        kind=_commission_kind(line.kind),
        service=line.service,
        state=_line_state(line.state),
        amount=Balance(amount_fen=line.amount_fen),
        use_months=line.use_months,
        policy=line.policy,
        due_at=render_time(line.due_at),
        locks_at=render_time(line.locks_at),
        settlement_id=line.settlement_id or None,
    )


def _commission_kind(kind: affiliate_pb2.CommissionKind.ValueType) -> Any:
    return render_state(affiliate_pb2.CommissionKind.Name(kind), "COMMISSION_KIND_")


def _line_state(state: commission_pb2.LineState.ValueType) -> Any:
    return render_state(commission_pb2.LineState.Name(state), "LINE_STATE_")
