"""Answers what sets a campaign's triggers off, soon after it was told; keeps nothing itself."""

from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.periodic import Periodic
from svc_campaign.app.send_answers import Answering, send_answers

# Which services a subscriber has is read as an auditor may.
CALLER = Identity(subject="service:campaign", roles=frozenset({"auditor"}))
# How long a member waits at most before the answer is booked.
IDLE_SECONDS = 0.1


class Answerer:
    """Answers for ever."""

    def __init__(self, means: Answering) -> None:
        self._means = means

    async def run(self) -> None:
        """One round after the other, without a pause while somebody waits."""
        await Periodic(self.step, name="answers to triggers", pause_seconds=IDLE_SECONDS).run()

    async def step(self) -> int:
        """One round; how much there was to do."""
        with acting_as(CALLER):
            return await send_answers(self._means)
