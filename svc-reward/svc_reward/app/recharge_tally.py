"""Counts what recharges were answered, for /metrics; it must not see whose they are."""

from opentelemetry.metrics import Meter

from svc_reward.domain.recharge import RechargeAnswer


class RechargeTally:
    """A counter of one process, by verdict; doubts that grow while nothing is paid want an operator."""

    def __init__(self, meter: Meter) -> None:
        self._answers = meter.create_counter("carillon_recharges", description="Recharges taken up, by verdict")

    def count(self, answer: RechargeAnswer) -> None:
        """Adds one answer."""
        self._answers.add(1, {"verdict": answer.verdict})
