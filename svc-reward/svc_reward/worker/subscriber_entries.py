"""Runs the job that enters a month's subscribers into a draw; repeatable, and it decides nothing."""

from collections.abc import Mapping
from datetime import tzinfo

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.jobs import JobHandler
from svc_reward.app.enter_subscribers import ENTER_JOB, enter_all_subscribers


class SubscriberEntries:
    """The handler of one kind of job: the payload is the draw's id."""

    def __init__(self, database: Database, clock: Clock, *, zone: tzinfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    def handlers(self) -> Mapping[str, JobHandler]:
        """What to do with which job."""
        return {ENTER_JOB: self.enter}

    async def enter(self, payload: bytes) -> None:
        """Enters everybody who is not entered yet (RWD-09)."""
        await enter_all_subscribers(self._database, payload.decode(), clock=self._clock, zone=self._zone)
