"""Referral programmes: what is recommended, what a friend has to do and what both sides earn; it must not judge a referral."""

import re
from dataclasses import dataclass
from datetime import datetime

from carillon_chassis.errors import InvalidInput, PermissionRefused, StateRefused
from svc_reward.domain.account import AccountKind
from svc_reward.domain.reward import DRAW_ID, RewardKind
from svc_reward.domain.reward_offer import RewardOffer

# A programme is about one product; one with more services is several programmes.
MAX_SERVICES = 10
# Each is one more thing that a friend has to remember to do.
MAX_EVENT_TYPES = 5
MAX_WINDOW_DAYS = 365
# Longer after the first use nobody remembers who recommended it.
MAX_LATE_DAYS = 30
# Beyond this a subscriber is an affiliate, who is paid commission instead.
MAX_FRIENDS = 1_000
MAX_NAME_LENGTH = 120
MAX_ATTRIBUTE_LENGTH = 64
CODE = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeTerms:
    """What is agreed on. Raises InvalidInput PROGRAMME_INVALID or REWARD_NOT_FOR_OWNER.

    A friend has ``window_days`` from the recommendation on to become active on one of ``services`` (if
    ``needs_activation``) and to do each of ``event_types`` (RWD-06). A code may be accepted ``late_days`` after the
    first use. ``user_attribute`` of the snapshot says yes for who is a user already. ``max_friends`` is a referrer's
    cap. What both sides are offered, each perhaps as a choice with a draw entry beside it (RWD-07), comes from the
    budget of ``campaign_id``; ``draw_id`` is the draw that the referrer's lucky code enters (RWD-08). ``valid_to`` is the
    first moment after it, None for an open end.
    """

    name: str
    campaign_id: str
    services: tuple[str, ...]
    needs_activation: bool
    event_types: tuple[str, ...]
    user_attribute: str
    referrer_must_use: bool
    valid_from: datetime
    valid_to: datetime | None
    window_days: int
    late_days: int
    max_friends: int
    referrer_offer: RewardOffer | None
    friend_offer: RewardOffer | None
    draw_id: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH or not self.name.isprintable():
            raise _invalid("name", f"a name has 1 to {MAX_NAME_LENGTH} printable characters")
        _check_codes("campaign_id", (self.campaign_id,), 1)
        if not self.services:
            raise _invalid("services", "say which service is recommended")
        _check_codes("services", self.services, MAX_SERVICES)
        _check_codes("event_types", self.event_types, MAX_EVENT_TYPES)
        if not self.needs_activation and not self.event_types:
            raise _invalid("needs_activation", "a friend has to do something: be active, or an event")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise _invalid("valid_to", "a programme ends after it begins")
        if len(self.user_attribute) > MAX_ATTRIBUTE_LENGTH or not self.user_attribute.isprintable():
            raise _invalid("user_attribute", f"an attribute has at most {MAX_ATTRIBUTE_LENGTH} printable characters")
        if self.draw_id and DRAW_ID.fullmatch(self.draw_id) is None:
            raise _invalid("draw_id", "a draw's id is a UUID")
        _check_number("window_days", self.window_days, 1, MAX_WINDOW_DAYS)
        _check_number("late_days", self.late_days, 0, MAX_LATE_DAYS)
        _check_number("max_friends", self.max_friends, 1, MAX_FRIENDS)
        if self.referrer_offer is None and not self.draw_id:
            raise _invalid("referrer_offer", "who recommends earns a reward, a lucky code or both")
        for field, offer in (("referrer_offer", self.referrer_offer), ("friend_offer", self.friend_offer)):
            if offer is not None:
                self._check_offer(field, offer)

    def _check_offer(self, field: str, offer: RewardOffer) -> None:
        """Rewards of subscribers, none of them paid from anywhere but the campaign's budget."""
        offer.check_for(AccountKind.SUBSCRIBER)
        for reward in (*offer.rewards, *offer.extras):
            if reward.kind in {RewardKind.CURRENCY, RewardKind.PRIZE} and reward.campaign_id != self.campaign_id:
                raise _invalid(field, f"what costs something is paid by the programme's campaign, {self.campaign_id}")

    def runs_at(self, at: datetime) -> bool:
        """Whether friends may be recommended at that moment."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Terms under their number, with who proposed and who approved them; without approval it does not run."""

    number: int
    terms: ProgrammeTerms
    made_by: str
    made_at: datetime
    approved_by: str
    approved_at: datetime | None
    ended_by: str = ""
    ended_at: datetime | None = None

    def require_running(self, at: datetime) -> None:
        """Raises StateRefused PROGRAMME_NOT_RUNNING."""
        why = "is not approved yet" if not self.approved_by else "was ended" if self.ended_by else ""
        if why or not self.terms.runs_at(at):
            why = why or "does not run at this time"
            raise StateRefused(
                reason="PROGRAMME_NOT_RUNNING", field="programme", detail=f"programme {self.number} {why}"
            )


def check_programme_end(programme: Programme) -> None:
    """Raises StateRefused PROGRAMME_STATE for one that was never approved or has ended already."""
    if not programme.approved_by or programme.ended_by:
        standing = "ended" if programme.ended_by else "proposed"
        raise StateRefused(
            reason="PROGRAMME_STATE",
            detail=f"programme {programme.number} is {standing} and can't be ended",
            metadata={"from": standing, "to": "ended"},
        )


def check_programme_approver(programme: Programme, approver: str) -> None:
    """Raises PermissionRefused MAKER_IS_CHECKER, or StateRefused PROGRAMME_STATE for one that is approved already."""
    if programme.approved_by:
        raise StateRefused(
            reason="PROGRAMME_STATE",
            detail=f"programme {programme.number} is approved and can't become approved again",
            metadata={"from": "approved", "to": "approved"},
        )
    if programme.made_by == approver:
        raise PermissionRefused(
            reason="MAKER_IS_CHECKER", detail="who proposed a programme can't approve it; ask another person"
        )


def _check_codes(field: str, codes: tuple[str, ...], most: int) -> None:
    if len(codes) > most or len(set(codes)) != len(codes):
        raise _invalid(field, f"{field} has at most {most} different codes")
    for code in codes:
        if CODE.fullmatch(code) is None:
            raise _invalid(field, f"a code has 1 to 64 letters, digits, dots, dashes or underscores, not {code!r}")


def _check_number(field: str, number: int, least: int, most: int) -> None:
    if not least <= number <= most:
        raise _invalid(field, f"{field} is between {least} and {most}, not {number}")


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="PROGRAMME_INVALID", field=field, detail=detail)
