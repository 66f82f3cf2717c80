"""Holds on one account in a few lines of plain Python: what the real ones are compared with."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class ReferenceHolds:
    """One account and its holds in a few dictionaries, every rule written once more and more simply."""

    balance: int
    holds: dict[str, list[int]] = field(default_factory=dict)
    """Of each open hold: what it still keeps, and the minute it ends."""
    promised: dict[str, int] = field(default_factory=dict)
    now: int = 0

    @property
    def held(self) -> int:
        return sum(left for left, _ in self.holds.values())

    def reserve(self, name: str, amount: int, minutes: int) -> bool:
        if name in self.promised:
            return self.promised[name] == amount
        if self.balance - self.held < amount:
            return False
        self.promised[name] = amount
        self.holds[name] = [amount, self.now + minutes]
        return True

    def capture(self, name: str, amount: int, *, final: bool) -> bool:
        left, ends = self.holds.get(name, (0, 0))
        if not amount <= left or self.now >= ends:
            return False
        self.balance -= amount
        self.holds[name][0] -= amount
        if final or not self.holds[name][0]:
            del self.holds[name]
        return True

    def void(self, name: str) -> bool:
        return self.holds.pop(name, None) is not None

    def spend(self, amount: int) -> bool:
        if self.balance - self.held < amount:
            return False
        self.balance -= amount
        return True

    def end_due(self) -> bool:
        self.holds = {name: hold for name, hold in self.holds.items() if hold[1] > self.now}
        return True
