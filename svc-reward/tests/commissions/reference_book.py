"""Commissions of one website as a few lines of plain Python: what the real ones are compared with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from svc_reward.domain.calendar_month import add_months

from .values import ZONE

CLICK_CAP_FEN = 14
CLICK_HOLDING_DAYS = 1
ORDER_HOLDING_DAYS = 3


@dataclass(slots=True)
class Line:
    """One line; ``order`` is empty for a click."""

    order: str
    amount: int
    due: datetime
    locks: datetime
    state: str = "estimated"
    deducted: bool = False


@dataclass(slots=True)
class ReferenceBook:
    """Clicks earn 3 fen, from the third of a month on 5, at most 14 a month.

    Orders earn 20 fen and a tenth of their amount, from the second of a month on a fifth of it alone; and 7 fen a month
    later, if the service is still used then.
    """

    waiting: list[tuple[str, int, datetime]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    refunded: set[str] = field(default_factory=set)
    ends: list[datetime] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    clicks: dict[str, int] = field(default_factory=dict)
    click_fen: dict[str, int] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    began: dict[str, datetime] = field(default_factory=dict)

    def click(self, at: datetime) -> None:
        self.waiting.append(("", 0, at))

    def order(self, name: str, amount: int, at: datetime) -> None:
        if name not in self.known:
            self.known.add(name)
            self.began[name] = at
            if name not in self.refunded:
                self.waiting.append((name, amount, at))

    def price(self) -> None:
        for name, amount, at in self.waiting:
            month = f"{at.astimezone(ZONE):%Y-%m}"
            if not name:
                count = self.clicks[month] = self.clicks.get(month, 0) + 1
                earned = min(3 if count < 3 else 5, CLICK_CAP_FEN - self.click_fen.get(month, 0))
                self.click_fen[month] = self.click_fen.get(month, 0) + earned
                self._add("", earned, at, CLICK_HOLDING_DAYS)
            else:
                count = self.orders[month] = self.orders.get(month, 0) + 1
                self._add(name, 20 + amount // 10 if count < 2 else amount // 5, at, ORDER_HOLDING_DAYS)
                due = add_months(at, 1, ZONE)
                if not any(at <= end < due for end in self.ends):
                    self._add(name, 7, due, ORDER_HOLDING_DAYS)
        self.waiting.clear()

    def end(self, at: datetime) -> None:
        if not self.known:
            return
        self.ends.append(at)
        for line in self.lines:
            later = line.order and line.due > self.began[line.order]
            if later and line.state == "estimated" and self.began[line.order] <= at < line.due:
                line.state = "void"

    def refund(self, name: str, at: datetime) -> None:
        self.refunded.add(name)
        self.waiting = [event for event in self.waiting if event[0] != name]
        for line in list(self.lines):
            if line.order == name and line.state == "estimated":
                line.state = "void"
            elif line.order == name and line.state != "void" and line.amount > 0 and not line.deducted:
                line.deducted = True
                self.lines.append(Line(name, -line.amount, at, at, "locked"))

    def lock(self, now: datetime) -> None:
        for line in self.lines:
            if line.state == "estimated" and line.locks <= now:
                line.state = "locked"

    def settle(self, before: datetime) -> None:
        due = [line for line in self.lines if line.state == "locked" and line.due < before]
        if sum(line.amount for line in due) > 0:
            for line in due:
                line.state = "paid"

    def totals(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for line in self.lines:
            found[line.state] = found.get(line.state, 0) + line.amount
        return found

    def _add(self, order: str, amount: int, due: datetime, holding_days: int) -> None:
        if amount > 0:
            self.lines.append(Line(order, amount, due, due + timedelta(days=holding_days)))
