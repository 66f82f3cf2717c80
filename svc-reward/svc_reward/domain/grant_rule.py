"""Dated grant rules: what they listen to, whom they pay and what; it must not know what anybody has done before."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from carillon_chassis.errors import InvalidInput, PermissionRefused, StateRefused
from svc_reward.domain.account import AccountKind
from svc_reward.domain.activity import Activity, ActivityKind, own_type
from svc_reward.domain.grant_period import FAR_FUTURE, Period, Span
from svc_reward.domain.grant_shape import COUNTING, GrantShape, ShapeKind
from svc_reward.domain.growth import Growth
from svc_reward.domain.reward import RewardKind
from svc_reward.domain.reward_offer import RewardOffer
from svc_reward.domain.reward_owner import SELLER_KINDS

MAX_NAME_LENGTH = 120
MAX_TYPES = 50
MAX_SERVICES = 100
MAX_CLAW_BACK_DAYS = 365
# Deeds that only the rule itself is told of.
OWN_DEEDS = frozenset({ActivityKind.GROWTH, ActivityKind.JUDGED})


class Payee(StrEnum):
    """Whom a rule pays: the subscriber, or the staff or seller that the deed names (RWD-10, RWD-22, RWD-44)."""

    SUBSCRIBER = "subscriber"
    STAFF = "staff"
    SELLER = "seller"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTerms:
    """What earns what, from when to when. Raises InvalidInput GRANT_RULE_INVALID or REWARD_NOT_FOR_OWNER.

    ``services`` empty is every service. ``owner_cap`` shares are what one owner gets within ``cap_period``,
    ``total_cap`` what all get together; 0 is no cap. ``requires_rule`` has to have granted to the owner for an earlier
    deed (RWD-45). An ended subscription or a refund within ``claw_back_days`` takes the grant back.
    ``growth`` is what a rule for GROWTH looks for.
    """

    name: str
    trigger: ActivityKind
    event_types: tuple[str, ...]
    services: tuple[str, ...]
    payee: Payee
    shape: GrantShape
    offer: RewardOffer
    valid_from: datetime
    valid_to: datetime | None
    owner_cap: int = 0
    cap_period: Period = Period.RULE
    total_cap: int = 0
    requires_rule: int = 0
    claw_back_days: int = 0
    growth: Growth | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH or not self.name.isprintable() or not self.name.strip():
            raise _invalid("name", f"a rule's name has 1 to {MAX_NAME_LENGTH} printable characters")
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise _invalid("valid_to", "a rule ends after it begins")
        if (self.trigger is ActivityKind.EVENT) != bool(self.event_types) or len(self.event_types) > MAX_TYPES:
            raise _invalid("event_types", f"a rule for events names 1 to {MAX_TYPES} types, one for orders none")
        if len(self.services) > MAX_SERVICES:
            raise _invalid("services", f"a rule names at most {MAX_SERVICES} services")
        if self.owner_cap < 0 or self.total_cap < 0 or self.requires_rule < 0:
            raise _invalid("owner_cap", "caps and the required rule are not negative")
        if not 0 <= self.claw_back_days <= MAX_CLAW_BACK_DAYS:
            raise _invalid("claw_back_days", f"a grant is taken back within 0 to {MAX_CLAW_BACK_DAYS} days")
        if self.claw_back_days and self.trigger is not ActivityKind.ORDER:
            raise _invalid("claw_back_days", "only what an order earned can be taken back with the order")
        self._check_growth()
        for kind in self.payees:
            self.offer.check_for(kind)

    def _check_growth(self) -> None:
        if (self.trigger is ActivityKind.GROWTH) != (self.growth is not None):
            raise _invalid("growth", "a rule for growth says which, and no other rule does")
        if self.trigger in OWN_DEEDS and (self.services or self.payee is not Payee.SUBSCRIBER):
            raise _invalid("payee", f"a rule for {self.trigger} pays subscribers, whatever the service")

    @property
    def payees(self) -> frozenset[AccountKind]:
        """The kinds of account that it may pay."""
        kinds = {
            Payee.SUBSCRIBER: frozenset({AccountKind.SUBSCRIBER}),
            Payee.STAFF: frozenset({AccountKind.STAFF}),
            Payee.SELLER: SELLER_KINDS,
        }
        return kinds[self.payee]

    @property
    def once(self) -> bool:
        """Whether an owner gets it once for ever."""
        return self.shape.kind is ShapeKind.FIRST

    def takes_back(self, at: datetime, ended_at: datetime | None) -> bool:
        """Whether an order of ``at`` that ended at that moment earned nothing in the end; None is one that did not."""
        return ended_at is not None and ended_at < at + timedelta(days=self.claw_back_days)

    def hears(self, activity: Activity) -> bool:
        """Whether it is about such a deed, at whatever time."""
        return (
            activity.kind is self.trigger
            and (not self.event_types or activity.type in self.event_types)
            and (not self.services or activity.service in self.services)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRule:
    """Terms under their number, with who proposed, approved and ended them; without approval they grant nothing."""

    number: int
    terms: GrantTerms
    made_by: str
    made_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    ended_by: str = ""
    ended_at: datetime | None = None

    @property
    def validity(self) -> Span:
        """When a deed earns by it; whoever ends it ends it for deeds from then on."""
        ends = [moment for moment in (self.terms.valid_to, self.ended_at, FAR_FUTURE) if moment is not None]
        return Span(self.terms.valid_from, max(self.terms.valid_from, min(ends)))

    @property
    def is_plain(self) -> bool:
        """Whether each deed earns by itself and at once: points of one currency, nothing counted, capped or chosen."""
        terms = self.terms
        reward, *others = terms.offer.rewards
        return (
            terms.shape.kind not in COUNTING
            and not (terms.owner_cap or terms.total_cap or terms.requires_rule or terms.offer.extras or others)
            and reward.kind is RewardKind.CURRENCY
        )

    @property
    def types(self) -> tuple[str, ...]:
        """The types of the deeds that it counts; empty for every type of its trigger."""
        return (own_type(self.number),) if self.terms.trigger in OWN_DEEDS else self.terms.event_types

    def rewards(self, activity: Activity) -> bool:
        """Whether the deed is one that it pays for."""
        start, end = self.validity
        return (
            bool(self.approved_by)
            and start <= activity.at < end
            and self.terms.hears(activity)
            and (self.terms.trigger not in OWN_DEEDS or activity.type in self.types)
        )

    def require_jury(self, judge: str, at: datetime) -> None:
        """Raises PermissionRefused MAKER_IS_CHECKER for who wrote it, StateRefused GRANT_RULE_STATE if it is not for that."""
        start, end = self.validity
        if self.terms.trigger is not ActivityKind.JUDGED or not self.approved_by or not start <= at < end:
            raise StateRefused(
                reason="GRANT_RULE_STATE",
                field="number",
                detail=f"rule {self.number} grants nothing that people judge now: it is for another trigger, not approved, or over",
            )
        if judge == self.made_by:
            raise PermissionRefused(
                reason="MAKER_IS_CHECKER",
                detail="who proposed a rule does not judge who deserves it; ask another person",
            )

    def approve(self, approver: str, at: datetime) -> "GrantRule":
        """Raises PermissionRefused MAKER_IS_CHECKER, or StateRefused GRANT_RULE_STATE."""
        if self.approved_by or self.ended_by:
            raise self._refused("approved")
        if self.made_by == approver:
            raise PermissionRefused(
                reason="MAKER_IS_CHECKER", detail="who proposed a rule can't approve it; ask another person"
            )
        return replace(self, approved_by=approver, approved_at=at)

    def end(self, by: str, at: datetime) -> "GrantRule":
        """Raises StateRefused GRANT_RULE_STATE for one that was ended before."""
        if self.ended_by:
            raise self._refused("ended")
        return replace(self, ended_by=by, ended_at=at)

    def _refused(self, wanted: str) -> StateRefused:
        state = "ended" if self.ended_by else "approved" if self.approved_by else "proposed"
        return StateRefused(
            reason="GRANT_RULE_STATE",
            field="number",
            detail=f"rule {self.number} is {state} and can't become {wanted}; propose another",
            metadata={"from": state, "to": wanted},
        )


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="GRANT_RULE_INVALID", field=field, detail=detail)
