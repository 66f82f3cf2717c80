"""Stock that is promised first and handed over later; more than there is can never be promised.

What the rules say here the database says by a CHECK and a conditional update; neither trusts the other.
"""

from dataclasses import dataclass, replace

from carillon_chassis.errors import InvalidInput, StateRefused

# Beyond any warehouse, far inside 64 bits.
MAX_STOCK = 1_000_000_000
POOL_PATTERN = "^(prize|sale):[A-Za-z0-9._-]{1,64}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """How much there is, how much of it is promised and how much handed over. Raises InvalidInput STOCK_INVALID."""

    total: int
    reserved: int = 0
    committed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.total <= MAX_STOCK:
            raise _invalid(f"a stock holds 0 to {MAX_STOCK} pieces, not {self.total}")
        if self.reserved < 0 or self.committed < 0 or self.available < 0:
            raise _invalid(f"{self.reserved} promised and {self.committed} handed over can't be of {self.total}")

    @property
    def available(self) -> int:
        """What can still be promised."""
        return self.total - self.reserved - self.committed

    def reserve(self, quantity: int) -> "Stock":
        """Promises ``quantity`` pieces. Raises StateRefused OUT_OF_STOCK."""
        if quantity > self.available:
            raise out_of_stock(quantity)
        return replace(self, reserved=self.reserved + quantity)

    def commit(self, quantity: int) -> "Stock":
        """Hands promised pieces over."""
        return replace(self, reserved=self.reserved - quantity, committed=self.committed + quantity)

    def release(self, quantity: int) -> "Stock":
        """Takes a promise back."""
        return replace(self, reserved=self.reserved - quantity)


def prize_pool(code: str) -> str:
    """The name of a prize's stock."""
    return f"prize:{code}"


def sale_pool(sale_id: object) -> str:
    """The name of a sale's stock."""
    return f"sale:{sale_id}"


def out_of_stock(quantity: int) -> StateRefused:
    """What everybody hears who wants more than there is."""
    return StateRefused(
        reason="OUT_OF_STOCK",
        field="quantity",
        detail=f"fewer than {quantity} are left; take fewer or another prize",
        metadata={"quantity": str(quantity)},
    )


def _invalid(detail: str) -> InvalidInput:
    return InvalidInput(reason="STOCK_INVALID", field="stock", detail=detail)
