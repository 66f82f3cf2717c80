"""Tells the other services whose lives ended; it must not end any."""

from collections.abc import Mapping
from datetime import date

from carillon.segment.v1 import facts_pb2
from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.outbox import tell

# Lives a fact: as many as of anything else that travels in batches.
LIVES_PER_FACT = 5_000


class EndedLives:
    """The teller of the fact SubscribersEnded."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, unit: UnitOfWork, ending: Mapping[int, date]) -> None:
        """Tells the days by subscriber, in the transaction that ends them."""
        lives = list(ending.items())
        for start in range(0, len(lives), LIVES_PER_FACT):
            fact = facts_pb2.SubscribersEnded(
                subscribers=[
                    facts_pb2.EndedSubscriber(subscriber_id=one, ended_on=day.isoformat())
                    for one, day in lives[start : start + LIVES_PER_FACT]
                ]
            )
            await tell(unit, fact, occurred_at=self._clock.now())
