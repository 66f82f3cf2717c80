"""Counts what became of attempts on flash sales, for /metrics; it must not see who tried."""

from collections import Counter
from collections.abc import Iterable

from opentelemetry.metrics import Meter

from svc_reward.domain.claiming import ClaimOutcome


class ClaimTally:
    """A counter of one process, by outcome."""

    def __init__(self, meter: Meter) -> None:
        self._decisions = meter.create_counter("carillon_sale_decisions", description="Attempts decided, by outcome")

    def count(self, outcomes: Iterable[ClaimOutcome]) -> None:
        """Adds a batch of outcomes."""
        for result, number in Counter(outcome.result for outcome in outcomes).items():
            self._decisions.add(number, {"outcome": result})
