"""Counts what became of transfers, for /metrics; it must not see who is paid."""

from collections import Counter
from collections.abc import Iterable

from opentelemetry.metrics import Meter

from svc_reward.domain.posting import POSTED, REPLAYED, Outcome


class Tally:
    """Counters of one process: postings, replays, and refusals by reason."""

    def __init__(self, meter: Meter) -> None:
        self._postings = meter.create_counter("carillon_ledger_postings", description="Transfers booked")
        self._replays = meter.create_counter("carillon_ledger_replays", description="Transfers that stood already")
        self._refusals = meter.create_counter("carillon_ledger_refusals", description="Transfers refused, by reason")

    def count(self, results: Iterable[Outcome]) -> None:
        """Adds a batch of outcomes."""
        for result, number in Counter(outcome.result for outcome in results).items():
            if result == POSTED:
                self._postings.add(number)
            elif result == REPLAYED:
                self._replays.add(number)
            else:
                self._refusals.add(number, {"reason": result})
