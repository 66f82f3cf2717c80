"""Prices what affiliates brought, event by event in order; it must not know where events and lines are kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from svc_reward.domain.affiliate import AffiliateKind
from svc_reward.domain.calendar_month import add_months, month_of
from svc_reward.domain.commission_matrix import CommissionKind, CommissionMatrix
from svc_reward.domain.commission_policy import MYRIAD, Policy, Tier, choose_policy

PRICED = "PRICED"
# Why an event earns nothing; told to the affiliate as it stands here.
NOT_STATED = "NOT_STATED"
NO_POLICY = "NO_POLICY"
CAP_REACHED = "CAP_REACHED"
RATE_ZERO = "RATE_ZERO"
REPEATED_CLICK = "REPEATED_CLICK"
REFUNDED = "REFUNDED"
OUTCOMES = (PRICED, NOT_STATED, NO_POLICY, CAP_REACHED, RATE_ZERO, REPEATED_CLICK, REFUNDED)


class Event(NamedTuple):
    """Something that an affiliate brought. A tuple, since a million of them are priced in a minute."""

    number: int
    affiliate_id: str
    kind: CommissionKind
    service: str
    subscriber_id: int
    amount_fen: int
    occurred_at: datetime


class PricedLine(NamedTuple):
    """One instalment of an event: estimated, due at ``due_at`` if the service is used until then."""

    event: int
    affiliate_id: str
    kind: CommissionKind
    service: str
    policy: int
    use_months: int
    amount_fen: int
    due_at: datetime
    locks_at: datetime
    month: str


class CounterKey(NamedTuple):
    """Volume and cap are counted by affiliate, policy and the month in which the event occurred."""

    affiliate_id: str
    policy: int
    month: str


@dataclass(slots=True)
class Counter:
    """How many events of a month a policy has priced for an affiliate, and what they earn; voiding gives nothing back."""

    events: int = 0
    amount_fen: int = 0


class Verdict(NamedTuple):
    """What became of one event."""

    event: int
    outcome: str
    commission_fen: int


Usage = tuple[int, str]


@dataclass(slots=True, kw_only=True)
class Pricing:
    """Prices a batch. ``counters`` are where the affiliates' months stand, and are moved on.

    ``ended`` are the moments at which a subscriber's use of a service has ended: an instalment that falls due later
    is not made.
    """

    policies: Sequence[Policy]
    matrix: CommissionMatrix
    kinds: Mapping[str, AffiliateKind]
    counters: dict[CounterKey, Counter]
    ended: Mapping[Usage, Sequence[datetime]]
    zone: tzinfo
    verdicts: list[Verdict] = field(default_factory=list)
    lines: list[PricedLine] = field(default_factory=list)
    # By whom and what they can be for, so that thousands of policies for single affiliates cost the others nothing.
    _shelves: dict[tuple[AffiliateKind, CommissionKind, str], list[Policy]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for policy in self.policies:
            terms = policy.terms
            shelf = (terms.affiliate_kind, terms.commission_kind, terms.affiliate_id)
            self._shelves.setdefault(shelf, []).append(policy)

    def price(self, events: Iterable[Event]) -> None:
        """Prices the events in the order given; each tier and cap on what those before it left."""
        for event in events:
            self.verdicts.append(self._price(event))

    def _price(self, event: Event) -> Verdict:
        kind = self.kinds[event.affiliate_id]
        own = self._shelves.get((kind, event.kind, event.affiliate_id), ())
        policy = choose_policy(
            (*own, *self._shelves.get((kind, event.kind, ""), ())),
            affiliate_kind=kind,
            affiliate_id=event.affiliate_id,
            commission_kind=event.kind,
            service=event.service,
            at=event.occurred_at,
        )
        if policy is None:
            return Verdict(event.number, NO_POLICY if self.matrix.states(kind, event.kind) else NOT_STATED, 0)
        month = str(month_of(event.occurred_at, self.zone))
        counter = self.counters.setdefault(CounterKey(event.affiliate_id, policy.number, month), Counter())
        counter.events += 1
        tiers = tiers_at(policy.terms.tiers, counter.events)
        wanted = [(tier.use_months, earned_by(tier, event.amount_fen)) for tier in tiers]
        total, capped = 0, False
        for use_months, amount in wanted:
            due_at = add_months(event.occurred_at, use_months, self.zone)
            if self._ended_before(event, due_at):
                continue
            paid = amount
            if policy.terms.monthly_cap_fen:
                paid = min(amount, policy.terms.monthly_cap_fen - counter.amount_fen)
                capped = capped or paid < amount
            if paid <= 0:
                continue
            counter.amount_fen += paid
            total += paid
            self.lines.append(self._line(event, policy, use_months, paid, due_at))
        if total:
            return Verdict(event.number, PRICED, total)
        return Verdict(event.number, CAP_REACHED if capped else RATE_ZERO, 0)

    def _line(self, event: Event, policy: Policy, use_months: int, amount: int, due_at: datetime) -> PricedLine:
        return PricedLine(
            event.number,
            event.affiliate_id,
            event.kind,
            event.service,
            policy.number,
            use_months,
            amount,
            due_at,
            due_at + timedelta(days=policy.terms.holding_days),
            str(month_of(due_at, self.zone)),
        )

    def _ended_before(self, event: Event, due_at: datetime) -> bool:
        if not self.ended or due_at == event.occurred_at:
            return False
        ends = self.ended.get((event.subscriber_id, event.service), ())
        return any(event.occurred_at <= end < due_at for end in ends)


def tiers_at(tiers: Iterable[Tier], ordinal: int) -> list[Tier]:
    """The tier that the ``ordinal``-th event of its month has reached, for each number of months of use, ascending."""
    reached: dict[int, Tier] = {}
    for tier in tiers:
        best = reached.get(tier.use_months)
        if tier.volume_from <= ordinal and (best is None or tier.volume_from > best.volume_from):
            reached[tier.use_months] = tier
    return [reached[months] for months in sorted(reached)]


def earned_by(tier: Tier, amount_fen: int) -> int:
    """What an order of ``amount_fen`` earns, in whole fen; a broken fen is the operator's."""
    return tier.flat_fen + amount_fen * tier.share_myriad // MYRIAD
