"""Brings ordered recharges to their end (RWD-02); it must never ask to pay again what may have been paid.

Three separate steps, each of which may be the last before a crash: take an order up (committed), ask outside of every
transaction, book the answer. Who takes an order up again first asks what became of it, and pays only what the recharge
system says it has never seen; and even then under the same key, which pays once over there.
"""

import asyncio
import logging
from datetime import timedelta
from typing import Protocol

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import DomainError
from carillon_chassis.periodic import Periodic
from svc_reward.app.recharge_tally import RechargeTally
from svc_reward.app.settle_recharge import settle_recharge
from svc_reward.domain.recharge import RechargeAnswer, RechargeTask, Verdict
from svc_reward.store.recharge_orders import claim_orders

# Longer than a number, a query and a payment may take together, so nobody takes up what is being asked.
LEASE = timedelta(seconds=60)
# Asked for side by side; a recharge system is no match for a bulk sender.
BATCH = 10
STEP_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Payer(Protocol):
    """A recharge system."""

    async def pay(self, task: RechargeTask, msisdn: str) -> RechargeAnswer:
        """Pays once by the task's key."""

    async def query(self, task: RechargeTask) -> RechargeAnswer:
        """Tells what became of it."""


class Numbers(Protocol):
    """Who knows subscribers' numbers."""

    async def number(self, subscriber_id: int) -> str:
        """The number, or nothing."""


class RechargeClerk:
    """The worker behind all recharges; any number of replicas may run."""

    def __init__(
        self, database: Database, *, payer: Payer, numbers: Numbers, clock: Clock, tally: RechargeTally
    ) -> None:
        self._database = database
        self._payer = payer
        self._numbers = numbers
        self._clock = clock
        self._tally = tally

    async def run(self) -> None:
        """Works for ever; an absent database is waited for.

        After a fault nothing of that booking stands; the order is due again after its lease, and begins with a query.
        """
        await Periodic(self.step, name="recharges", pause_seconds=STEP_SECONDS).run()

    async def step(self) -> int:
        """How many recharges it took up."""
        async with self._database.unit_of_work() as unit:
            tasks = await claim_orders(unit, now=self._clock.now(), lease=LEASE, limit=BATCH)
        await asyncio.gather(*map(self._finish, tasks))
        return len(tasks)

    async def _finish(self, task: RechargeTask) -> None:
        answer = await self.ask(task)
        self._tally.count(answer)
        if answer.verdict in {Verdict.DOUBT, Verdict.UNKNOWN}:
            logger.warning("recharge %s is in doubt: %s", task.key, answer.reason)
        async with self._database.unit_of_work() as unit:
            await settle_recharge(unit, task, answer, clock=self._clock)

    async def ask(self, task: RechargeTask) -> RechargeAnswer:
        """What the recharge system says, after a query wherever it may have been asked to pay before."""
        asked_before = task.tries > 1
        if asked_before:
            answer = await self._payer.query(task)
            if answer.verdict is not Verdict.UNKNOWN:
                return answer
        try:
            msisdn = await self._numbers.number(task.subscriber_id)
        except DomainError as error:
            return RechargeAnswer(verdict=Verdict.DOUBT, reason=f"NUMBER_NOT_FOUND {error.reason}")
        if not msisdn:
            # A payment asked for before may still be on its way, whatever the query has said.
            verdict = Verdict.DOUBT if asked_before else Verdict.REFUSED
            return RechargeAnswer(verdict=verdict, reason="NUMBER_UNKNOWN")
        return await self._payer.pay(task, msisdn)
