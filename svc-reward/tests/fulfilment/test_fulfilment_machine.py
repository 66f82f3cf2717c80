"""Thousands of random steps on a few items, compared with a model of a dozen lines (RWD-02, RWD-03)."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from carillon_chassis.errors import DomainError
from svc_reward.domain.account import AccountName
from svc_reward.domain.fulfilment import Fulfilment, FulfilmentKind, FulfilmentState, Funding
from svc_reward.domain.fulfilment_booking import EXPENSE, PAID, PAYABLE, book_ordered, book_paid, book_refused
from svc_reward.domain.transfer import Transfer

PEOPLE = st.sampled_from(["province", "guangzhou", "shenzhen"])
ITEMS = st.integers(0, 3)
FEN = 500


@dataclass
class Owed:
    """An item in the fewest words: what it is, how often it was reported, by whom."""

    credit: bool
    state: str = "reported"
    times: int = 1
    reporter: str = "province"
    payments: int = 0


@dataclass
class Books:
    """A ledger in a dictionary: each transfer id once, as the real one has it."""

    balances: dict[AccountName, int] = field(default_factory=dict)
    booked: set[str] = field(default_factory=set)

    def book(self, transfer: Transfer) -> None:
        if transfer.transfer_id in self.booked:
            return
        self.booked.add(transfer.transfer_id)
        for leg in transfer.legs:
            self.balances[leg.account] = self.balances.get(leg.account, 0) + leg.amount


class FulfilmentMachine(RuleBasedStateMachine):
    """Four items, two of them phone credit; every step is tried at any time by anybody."""

    @initialize()
    def report(self) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)
        self.books = Books()
        self.model = [Owed(credit=number % 2 == 1) for number in range(4)]
        self.items = [
            Fulfilment(
                id=uuid.UUID(int=number + 1),
                report_id=uuid.UUID(int=9),
                source=f"draw:d:{number}",
                kind=FulfilmentKind.PHONE_CREDIT if owed.credit else FulfilmentKind.GIFT,
                subscriber_id=1,
                prize="p",
                name="p",
                quantity=1,
                amount_fen=FEN if owed.credit else 0,
                funding=Funding.EXPENSE if owed.credit else Funding.NONE,
                city="guangzhou",
                state=FulfilmentState.REPORTED,
                attempt=1,
                reported_by="province",
                changed_at=self.now,
            )
            for number, owed in enumerate(self.model)
        ]

    @rule(number=ITEMS, by=PEOPLE)
    def verify(self, number: int, by: str) -> None:
        owed = self.model[number]
        allowed = owed.state == "reported" and by != owed.reporter
        self._try(number, allowed, lambda item: item.verify(by=by, at=self._tick()))
        if allowed:
            owed.state = "verified"

    @rule(number=ITEMS, reference=st.sampled_from(["SF-1", "", " "]))
    def complete(self, number: int, reference: str) -> None:
        """Hands a gift over; orders a recharge."""
        owed = self.model[number]
        if owed.credit:
            allowed = owed.state == "verified"
            self._try(number, allowed, lambda item: item.order(at=self._tick()))
            if allowed:
                owed.state = "paying"
                self.books.book(book_ordered(self.items[number]))
            return
        allowed = owed.state == "verified" and bool(reference.strip())
        self._try(number, allowed, lambda item: item.hand_over(reference=reference, at=self._tick()))
        if allowed:
            owed.state = "completed"

    @rule(number=ITEMS, paid=st.booleans(), told=st.integers(1, 3))
    def answer(self, number: int, paid: bool, told: int) -> None:
        """The recharge system answers, perhaps several times."""
        owed, ordered = self.model[number], self.items[number]
        for _ in range(told):
            allowed = owed.state == "paying"
            if paid:
                self._try(number, allowed, lambda item: item.pay(reference="R1", at=self._tick()))
            else:
                self._try(number, allowed, lambda item: item.refuse(reason="CLOSED", at=self._tick()))
            if allowed:
                owed.state = "completed" if paid else "failed"
                owed.payments += paid
                self.books.book(book_paid(ordered) if paid else book_refused(ordered))

    @rule(number=ITEMS, reason=st.sampled_from(["moved", ""]))
    def fail(self, number: int, reason: str) -> None:
        owed = self.model[number]
        allowed = owed.state in {"reported", "verified"} and bool(reason)
        self._try(number, allowed, lambda item: item.fail(reason=reason, at=self._tick()))
        if allowed:
            owed.state = "failed"

    @rule(number=ITEMS, by=PEOPLE)
    def report_again(self, number: int, by: str) -> None:
        owed = self.model[number]
        allowed = owed.state == "failed" and owed.times == 1
        self._try(number, allowed, lambda item: item.report_again(city="shenzhen", by=by, at=self._tick()))
        if allowed:
            owed.state, owed.times, owed.reporter = "reported", 2, by

    @invariant()
    def equals_the_model(self) -> None:
        for item, owed in zip(self.items, self.model, strict=True):
            assert (item.state, item.attempt, item.reported_by) == (owed.state, owed.times, owed.reporter)
            assert owed.payments <= 1
            assert item.state not in {"verified", "paying", "completed"} or item.verified_by != item.reported_by

    @invariant()
    def the_books_say_what_the_items_say(self) -> None:
        """To the fen: what is on its way, what was paid, and both together what it cost."""
        paying = sum(FEN for owed in self.model if owed.credit and owed.state == "paying")
        paid = sum(FEN for owed in self.model if owed.credit and owed.state == "completed")
        balances = self.books.balances
        assert (balances.get(PAYABLE, 0), balances.get(PAID, 0)) == (paying, paid)
        assert balances.get(EXPENSE, 0) == -paying - paid

    def _try(self, number: int, allowed: bool, step: "object") -> None:
        try:
            self.items[number] = step(self.items[number])  # type: ignore[operator]  # a step of an item
        except DomainError:
            assert not allowed
        else:
            assert allowed

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


TestFulfilmentMachine = FulfilmentMachine.TestCase
TestFulfilmentMachine.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
