"""Who recommended whom and what comes of it, judged by what the friend has done; it must not know where that is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from carillon_chassis.errors import InvalidInput, StateRefused
from svc_reward.domain.referral_programme import ProgrammeTerms
from svc_reward.domain.reward_grant import Occasion
from svc_reward.domain.reward_owner import subscriber

MAX_HINT_LENGTH = 24


class ReferralState(StrEnum):
    """Where a referral stands. Only an open one moves, and it moves once."""

    OPEN = "open"
    COMPLETED = "completed"
    # The friend turned out to have used the service before.
    REFUSED = "refused"
    EXPIRED = "expired"


# They keep others from recommending the same friend.
STANDING = frozenset({ReferralState.OPEN, ReferralState.COMPLETED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is known of a friend: when each of the services was first used, and when each event first came.

    Only first times count: who did any of it before the recommendation was a user, who did it after did it then.
    """

    services: Mapping[str, datetime] = field(default_factory=dict)
    events: Mapping[str, datetime] = field(default_factory=dict)

    def first(self, terms: ProgrammeTerms) -> datetime | None:
        """The first sign of use of what the programme recommends, None when there is none."""
        return min(self._moments(terms), default=None)

    def _moments(self, terms: ProgrammeTerms) -> list[datetime]:
        uses = [self.services[service] for service in terms.services if service in self.services]
        return uses + [self.events[kind] for kind in terms.event_types if kind in self.events]

    def done(self, terms: ProgrammeTerms) -> list[datetime | None]:
        """When the friend did each thing that is asked for, None where that is still to come."""
        asked: list[datetime | None] = [self.events.get(kind) for kind in terms.event_types]
        if terms.needs_activation:
            uses = [self.services[service] for service in terms.services if service in self.services]
            asked.append(min(uses, default=None))
        return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """One friend recommended by one referrer; what the friend does in [``counts_from``, ``counts_until``) counts.

    ``friend_hint`` is the friend's number with its middle starred, for the referrer's own list. ``entry`` says whether
    the lucky code is in its draw: ENTERED, or the reason why not. Raises InvalidInput SELF_REFERRAL or REFERRAL_INVALID.
    """

    programme: int
    referrer_id: int
    friend_id: int
    friend_hint: str
    recommended_at: datetime
    counts_from: datetime
    counts_until: datetime
    number: int = 0
    state: ReferralState = ReferralState.OPEN
    completed_at: datetime | None = None
    lucky_code: str = ""
    entry: str = ""

    def __post_init__(self) -> None:
        if self.referrer_id == self.friend_id:
            raise InvalidInput(
                reason="SELF_REFERRAL", field="friend", detail="nobody recommends a service to themselves"
            )
        if len(self.friend_hint) > MAX_HINT_LENGTH or not self.friend_hint.isprintable():
            raise InvalidInput(
                reason="REFERRAL_INVALID",
                field="friend_hint",
                detail=f"a hint has at most {MAX_HINT_LENGTH} printable characters",
            )

    def judged(self, terms: ProgrammeTerms, usage: Usage) -> "Referral":
        """The referral after what is known now, whatever the order in which it became known (RWD-06)."""
        if self.state is not ReferralState.OPEN:
            return self
        first = usage.first(terms)
        if first is not None and first < self.counts_from:
            return replace(self, state=ReferralState.REFUSED)
        done = [moment for moment in usage.done(terms) if moment is not None and moment < self.counts_until]
        if len(done) < len(usage.done(terms)):
            return self
        return replace(self, state=ReferralState.COMPLETED, completed_at=max(done))

    def occasions(self) -> tuple[Occasion, Occasion]:
        """What the referrer and the friend earn their rewards by. Raises ValueError for one that is not completed."""
        if self.completed_at is None:
            raise ValueError("only a completed referral earns rewards")
        source, at = f"referral:{self.number}", self.completed_at
        return (
            Occasion(source=f"{source}:referrer", owner=subscriber(self.referrer_id), at=at),
            Occasion(source=f"{source}:friend", owner=subscriber(self.friend_id), at=at),
        )

    def is_overdue(self, at: datetime) -> bool:
        """Whether it is open and late: it is given up for another's, and until then late news may still complete it."""
        return self.state is ReferralState.OPEN and at >= self.counts_until


def recommend(
    terms: ProgrammeTerms,
    *,
    programme: int,
    referrer_id: int,
    friend_id: int,
    friend_hint: str,
    at: datetime,
    code_issued_at: datetime | None = None,
) -> Referral:
    """A new referral. A code that is accepted covers the late days before, as far as the code is old enough."""
    counts_from = at
    if code_issued_at is not None:
        counts_from = max(min(code_issued_at, at), at - timedelta(days=terms.late_days))
    return Referral(
        programme=programme,
        referrer_id=referrer_id,
        friend_id=friend_id,
        friend_hint=friend_hint,
        recommended_at=at,
        counts_from=counts_from,
        counts_until=at + timedelta(days=terms.window_days),
    )


def require_new_user(referral: Referral, terms: ProgrammeTerms, usage: Usage, *, said_to_use: bool) -> None:
    """Raises StateRefused FRIEND_IS_USER for who used any of it before, or whose snapshot says so (RWD-06)."""
    first = usage.first(terms)
    if said_to_use or (first is not None and first < referral.counts_from):
        raise StateRefused(
            reason="FRIEND_IS_USER",
            field="friend",
            detail="the friend uses the service already or has used it before; recommend it to somebody new",
        )


def require_free(standing: Referral | None, *, referrer_id: int, at: datetime) -> None:
    """Raises StateRefused FRIEND_RECOMMENDED while an earlier referral of the friend stands: the first valid one wins."""
    if standing is None or standing.is_overdue(at):
        return
    who = "you have" if standing.referrer_id == referrer_id else "somebody has"
    raise StateRefused(
        reason="FRIEND_RECOMMENDED",
        field="friend",
        detail=f"{who} recommended this friend before; the first one counts",
    )


def open_loop(chain: Sequence[Referral], *, friend_id: int, at: datetime) -> Referral | None:
    """The overdue referral to give up so that the new one closes no circle; None when it would close none.

    ``chain`` goes up from the referrer: who brought them, who brought those, and so on. Raises StateRefused
    REFERRAL_LOOP when every referral between the friend and the referrer holds.
    """
    overdue = None
    for link in chain:
        if overdue is None and link.is_overdue(at):
            overdue = link
        if link.referrer_id == friend_id:
            if overdue is None:
                raise StateRefused(
                    reason="REFERRAL_LOOP",
                    field="friend",
                    detail="this friend brought you, or brought somebody who did; nobody earns in a circle",
                )
            return overdue
    return None


def require_below_cap(friends: int, terms: ProgrammeTerms) -> None:
    """Raises StateRefused REFERRER_LIMIT for a referrer with as many friends as the programme takes."""
    if friends >= terms.max_friends:
        raise StateRefused(
            reason="REFERRER_LIMIT",
            field="msisdn",
            detail=f"a subscriber recommends at most {terms.max_friends} friends in this programme",
        )
