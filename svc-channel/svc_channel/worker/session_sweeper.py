"""Drops sessions that nobody can resume, old talk, SMS after calls and orders asked about; ends nothing that may go on."""

from datetime import timedelta
from typing import Final

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.periodic import Periodic
from svc_channel.store.confirmations import forget_confirmations
from svc_channel.store.exchanges import forget_exchanges
from svc_channel.store.hotline import forget_owed
from svc_channel.store.interactions import forget_interactions
from svc_channel.store.sessions import ROWS_A_SWEEP, forget_sessions

# Reads the whole table, which holds the sessions of some hours: seldom enough not to matter.
SWEEP_SECONDS: Final = 300.0
# What was said word by word is kept for as long as somebody may ask about an answer; the counts stay.
INTERACTIONS_KEPT: Final = timedelta(days=30)
# A session's id is gone by then, so nothing can owe an SMS for it again.
SENT_KEPT: Final = timedelta(days=2)
# Long after a yes to an order would count; support may want to see who was asked.
CONFIRMATIONS_KEPT: Final = timedelta(days=30)


class SessionSweeper:
    """Sweeps for ever."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """One sweep after the other, without a pause while there is more."""
        await Periodic(self.step, name="old sessions", pause_seconds=SWEEP_SECONDS).run()

    async def step(self) -> bool:
        """One sweep; whether there may be more."""
        now = self._clock.now()
        async with self._database.unit_of_work() as unit:
            sessions = await forget_sessions(unit, now=now)
            interactions = await forget_interactions(unit, before=now - INTERACTIONS_KEPT)
            exchanges = await forget_exchanges(unit, before=now - INTERACTIONS_KEPT)
            await forget_owed(unit, before=now - SENT_KEPT)
            await forget_confirmations(unit, before=now - CONFIRMATIONS_KEPT)
        return ROWS_A_SWEEP in {sessions, interactions, exchanges}
