"""Turns protobuf into the values of commissions and back, one function each way; it must not decide anything."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.reward.v1 import affiliate_pb2, commission_pb2, settlement_pb2
from svc_reward.domain.affiliate import Affiliate, AffiliateKind
from svc_reward.domain.commission_line import LineState
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.domain.commission_policy import Policy, PolicyTerms, Tier
from svc_reward.domain.commission_statement import CommissionEntry, CommissionStatement, LedgerPosition
from svc_reward.domain.settlement import Settlement, SettlementState

AFFILIATE_KINDS: Mapping[int, AffiliateKind] = MappingProxyType(
    {affiliate_pb2.AffiliateKind.Value(f"AFFILIATE_KIND_{kind.name}"): kind for kind in AffiliateKind}
)
COMMISSION_KINDS: Mapping[int, CommissionKind] = MappingProxyType(
    {affiliate_pb2.CommissionKind.Value(f"COMMISSION_KIND_{kind.name}"): kind for kind in CommissionKind}
)


def render_affiliate_kind(kind: AffiliateKind) -> affiliate_pb2.AffiliateKind.ValueType:
    """The protocol's name of it."""
    return affiliate_pb2.AffiliateKind.Value(f"AFFILIATE_KIND_{kind.name}")


def render_commission_kind(kind: CommissionKind) -> affiliate_pb2.CommissionKind.ValueType:
    """The protocol's name of it."""
    return affiliate_pb2.CommissionKind.Value(f"COMMISSION_KIND_{kind.name}")


def render_line_state(state: LineState) -> commission_pb2.LineState.ValueType:
    """The protocol's name of it."""
    return commission_pb2.LineState.Value(f"LINE_STATE_{state.name}")


def render_time(at: datetime | None) -> Timestamp | None:
    """The moment as protobuf has it; None stays None."""
    if at is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp


def parse_time(stamp: Timestamp) -> datetime:
    """The moment in UTC."""
    return stamp.ToDatetime(tzinfo=UTC)


def render_affiliate(affiliate: Affiliate) -> affiliate_pb2.Affiliate:
    """The affiliate."""
    return affiliate_pb2.Affiliate(
        id=affiliate.id,
        kind=render_affiliate_kind(affiliate.kind),
        name=affiliate.name,
        branch=affiliate.branch,
        registered_by=affiliate.registered_by,
        registered_at=render_time(affiliate.registered_at),
    )


def parse_terms(message: commission_pb2.PolicyTerms) -> PolicyTerms:
    """Raises InvalidInput POLICY_INVALID."""
    return PolicyTerms(
        affiliate_kind=AFFILIATE_KINDS[message.affiliate_kind],
        commission_kind=COMMISSION_KINDS[message.commission_kind],
        affiliate_id=message.affiliate_id,
        service=message.service,
        valid_from=parse_time(message.valid_from),
        valid_to=parse_time(message.valid_to) if message.HasField("valid_to") else None,
        tiers=tuple(
            Tier(
                volume_from=tier.volume_from,
                use_months=tier.use_months,
                flat_fen=tier.flat_fen,
                share_myriad=tier.share_myriad,
            )
            for tier in message.tiers
        ),
        monthly_cap_fen=message.monthly_cap_fen,
        holding_days=message.holding_days,
        beyond_matrix=message.beyond_matrix,
    )


def render_policy(policy: Policy) -> commission_pb2.Policy:
    """The policy with its terms."""
    terms = policy.terms
    return commission_pb2.Policy(
        number=policy.number,
        terms=commission_pb2.PolicyTerms(
            affiliate_kind=render_affiliate_kind(terms.affiliate_kind),
            commission_kind=render_commission_kind(terms.commission_kind),
            affiliate_id=terms.affiliate_id,
            service=terms.service,
            valid_from=render_time(terms.valid_from),
            valid_to=render_time(terms.valid_to),
            tiers=[
                commission_pb2.Tier(
                    volume_from=tier.volume_from,
                    use_months=tier.use_months,
                    flat_fen=tier.flat_fen,
                    share_myriad=tier.share_myriad,
                )
                for tier in terms.tiers
            ],
            monthly_cap_fen=terms.monthly_cap_fen,
            holding_days=terms.holding_days,
            beyond_matrix=terms.beyond_matrix,
        ),
        made_by=policy.made_by,
        made_at=render_time(policy.made_at),
        approved_by=policy.approved_by,
        approved_at=render_time(policy.approved_at),
    )


def render_statement(statement: CommissionStatement) -> commission_pb2.Statement:
    """The totals of one affiliate's month."""
    return commission_pb2.Statement(
        affiliate_id=statement.affiliate_id,
        month=statement.month,
        totals=[
            commission_pb2.StatementTotal(
                kind=render_commission_kind(total.kind),
                state=render_line_state(total.state),
                lines=total.lines,
                amount_fen=total.amount_fen,
            )
            for total in statement.totals
        ],
    )


def render_line(line: CommissionEntry) -> commission_pb2.StatementLine:
    """One line of a statement."""
    return commission_pb2.StatementLine(
        number=line.number,
        event_id=line.event_id,
        kind=render_commission_kind(line.kind),
        service=line.service,
        state=render_line_state(line.state),
        amount_fen=line.amount_fen,
        use_months=line.use_months,
        policy=line.policy,
        due_at=render_time(line.due_at),
        locks_at=render_time(line.locks_at),
        settlement_id=line.settlement_id,
    )


def render_position(position: LedgerPosition) -> commission_pb2.LedgerPosition:
    """The ledger's word."""
    return commission_pb2.LedgerPosition(
        earned_fen=position.earned_fen,
        owed_fen=position.owed_fen,
        payable_fen=position.payable_fen,
        paid_fen=position.paid_fen,
    )


def render_settlement(settlement: Settlement) -> settlement_pb2.Settlement:
    """The run."""
    return settlement_pb2.Settlement(
        id=str(settlement.id),
        period=settlement.period,
        state=_settlement_state(settlement.state),
        minimum_fen=settlement.minimum_fen,
        affiliates=settlement.affiliates,
        lines=settlement.lines,
        gross_fen=settlement.gross_fen,
        deducted_fen=settlement.deducted_fen,
        net_fen=settlement.gross_fen - settlement.deducted_fen,
        file_sha256=settlement.file_sha256,
        made_by=settlement.made_by,
        made_at=render_time(settlement.made_at),
        checked_by=settlement.checked_by,
        checked_at=render_time(settlement.checked_at),
        paid_by=settlement.paid_by,
        paid_at=render_time(settlement.paid_at),
    )


def _settlement_state(state: SettlementState) -> settlement_pb2.SettlementState.ValueType:
    return settlement_pb2.SettlementState.Value(f"SETTLEMENT_STATE_{state.name}")
