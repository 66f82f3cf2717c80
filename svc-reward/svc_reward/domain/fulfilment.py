"""One thing that a city owes a subscriber, and the steps of its life (RWD-02, RWD-03); it must not book or send anything."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from carillon_chassis.errors import InvalidInput, PermissionRefused, StateRefused

# A mistake is corrected once; who is wrong twice looks into it with the province and not in this table.
MAX_ATTEMPTS = 2
MAX_REFERENCE_LENGTH = 120
MAX_REASON_LENGTH = 500
MAX_CITY_LENGTH = 64
MAX_SOURCE_LENGTH = 300


class FulfilmentKind(StrEnum):
    """How it comes into a subscriber's hands: by a recharge, in a parcel, over a counter, by post (RWD-31)."""

    PHONE_CREDIT = "phone_credit"
    GIFT = "gift"
    TICKET = "ticket"
    MAILING = "mailing"


class Funding(StrEnum):
    """Which account phone credit comes from: the operator's expense, or what the subscriber was granted already."""

    NONE = "none"
    EXPENSE = "expense"
    SUBSCRIBER = "subscriber"


class FulfilmentState(StrEnum):
    """Where an item stands."""

    REPORTED = "reported"
    VERIFIED = "verified"
    PAYING = "paying"
    COMPLETED = "completed"
    FAILED = "failed"


class Step(StrEnum):
    """What somebody, or the recharge, did to an item."""

    REPORT = "report"
    VERIFY = "verify"
    HAND_OVER = "hand_over"
    ORDER = "order"
    PAY = "pay"
    REFUSE = "refuse"
    FAIL = "fail"
    REPORT_AGAIN = "report_again"


# Everything that may happen; what is not here is refused. While a recharge is under way nobody can say that it failed:
# only the recharge's own answer ends it, or it could be paid after it was given up.
TRANSITIONS: Mapping[tuple[FulfilmentState, Step], FulfilmentState] = MappingProxyType(
    {
        (FulfilmentState.REPORTED, Step.VERIFY): FulfilmentState.VERIFIED,
        (FulfilmentState.REPORTED, Step.FAIL): FulfilmentState.FAILED,
        (FulfilmentState.VERIFIED, Step.HAND_OVER): FulfilmentState.COMPLETED,
        (FulfilmentState.VERIFIED, Step.ORDER): FulfilmentState.PAYING,
        (FulfilmentState.VERIFIED, Step.FAIL): FulfilmentState.FAILED,
        (FulfilmentState.PAYING, Step.PAY): FulfilmentState.COMPLETED,
        (FulfilmentState.PAYING, Step.REFUSE): FulfilmentState.FAILED,
        (FulfilmentState.FAILED, Step.REPORT_AGAIN): FulfilmentState.REPORTED,
    }
)
# What has to be written down when it is handed over.
REFERENCES: Mapping[FulfilmentKind, str] = MappingProxyType(
    {
        FulfilmentKind.GIFT: "the parcel's tracking number",
        FulfilmentKind.TICKET: "what the hand-over is known by",
        FulfilmentKind.MAILING: "the number of the mailing",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """``quantity`` pieces, or ``amount_fen`` of phone credit, for one subscriber; ``source`` is owed once for ever.

    ``city`` is the branch that hands it over, empty for the province itself, None as long as it is being asked for.
    """

    id: UUID
    report_id: UUID
    source: str
    kind: FulfilmentKind
    subscriber_id: int
    prize: str
    name: str
    quantity: int
    amount_fen: int
    funding: Funding
    city: str | None
    state: FulfilmentState
    attempt: int
    reported_by: str
    changed_at: datetime
    verified_by: str = ""
    reference: str = ""
    reason: str = ""

    def verify(self, *, by: str, at: datetime) -> "Fulfilment":
        """The city has looked at it. Raises StateRefused CITY_UNKNOWN, FULFILMENT_STATE, PermissionRefused."""
        self._require_city()
        if by == self.reported_by:
            raise PermissionRefused(
                reason="MAKER_IS_CHECKER", detail="who reported what is owed can't verify it; ask another person"
            )
        return self._step(Step.VERIFY, at, verified_by=by)

    def hand_over(self, *, reference: str, at: datetime) -> "Fulfilment":
        """It is in the subscriber's hands. Raises InvalidInput REFERENCE_MISSING or REFERENCE_INVALID, StateRefused."""
        check_text("reference", reference, MAX_REFERENCE_LENGTH)
        if not reference.strip():
            raise InvalidInput(
                reason="REFERENCE_MISSING", field="reference", detail=f"a {self.kind} needs {REFERENCES[self.kind]}"
            )
        return self._step(Step.HAND_OVER, at, reference=reference)

    def order(self, *, at: datetime) -> "Fulfilment":
        """The recharge is asked for. Raises StateRefused FULFILMENT_STATE."""
        return self._step(Step.ORDER, at)

    def pay(self, *, reference: str, at: datetime) -> "Fulfilment":
        """The recharge has paid, and calls it ``reference``. Raises StateRefused FULFILMENT_STATE."""
        return self._step(Step.PAY, at, reference=reference)

    def refuse(self, *, reason: str, at: datetime) -> "Fulfilment":
        """The recharge has refused for good. Raises StateRefused FULFILMENT_STATE."""
        return self._step(Step.REFUSE, at, reason=reason)

    def fail(self, *, reason: str, at: datetime) -> "Fulfilment":
        """The city can't hand it over. Raises StateRefused CITY_UNKNOWN or FULFILMENT_STATE, InvalidInput."""
        self._require_city()
        check_text("reason", reason, MAX_REASON_LENGTH)
        if not reason.strip():
            raise InvalidInput(reason="REASON_MISSING", field="reason", detail="say why it can't be handed over")
        return self._step(Step.FAIL, at, reason=reason)

    def report_again(self, *, city: str, by: str, at: datetime) -> "Fulfilment":
        """The province has corrected it, once. Raises StateRefused REPORT_FINAL or FULFILMENT_STATE."""
        check_city(city)
        reported = self._step(
            Step.REPORT_AGAIN, at, city=city, reported_by=by, verified_by="", reason="", attempt=self.attempt + 1
        )
        if reported.attempt > MAX_ATTEMPTS:
            raise StateRefused(
                reason="REPORT_FINAL", field="id", detail="it was reported again before and failed again; that is final"
            )
        return reported

    def _require_city(self) -> None:
        """Nobody can say anything of what is nobody's to hand over yet."""
        if self.city is None:
            raise StateRefused(
                reason="CITY_UNKNOWN", field="id", detail="its city is still being asked for; try again in a moment"
            )

    def _step(self, step: Step, at: datetime, **changes: object) -> "Fulfilment":
        after = TRANSITIONS.get((self.state, step))
        if after is None:
            raise StateRefused(
                reason="FULFILMENT_STATE",
                field="id",
                detail=f"an item that is {self.state} can't take the step {step}",
                metadata={"state": self.state, "step": step},
            )
        return replace(self, state=after, changed_at=at, **changes)  # type: ignore[arg-type]  # each is a field by name


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """One line of an item's history, which only grows."""

    number: int
    step: Step
    state: FulfilmentState
    by: str
    at: datetime
    note: str


def check_city(city: str) -> None:
    """Raises InvalidInput CITY_INVALID."""
    if len(city) > MAX_CITY_LENGTH or not city.isprintable() or city != city.strip():
        raise InvalidInput(
            reason="CITY_INVALID",
            field="city",
            detail=f"a city is a branch's name of at most {MAX_CITY_LENGTH} printable characters, or empty",
        )


def check_text(field: str, text: str, longest: int) -> None:
    """Raises InvalidInput, such as REFERENCE_INVALID."""
    if len(text) > longest or not text.isprintable():
        raise InvalidInput(
            reason=f"{field.upper()}_INVALID",
            field=field,
            detail=f"a {field} has at most {longest} printable characters",
        )
