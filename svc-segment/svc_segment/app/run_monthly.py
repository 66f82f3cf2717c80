"""Asks for each month's lists and match on its day, exactly once; it must not do what it asks for.

A row a kind and month is locked while it is looked at and says in the transaction of the request that it was made: so
any number of processes, and any that dies, ask once.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Protocol

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_segment.app.change_classification import read_steps
from svc_segment.app.request_match import request_match
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.run_classes import request_classes
from svc_segment.domain.monthly import MonthlyState, due_month, next_month, what_is_missing
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.bases import read_base
from svc_segment.store.classifications import read_classifications
from svc_segment.store.match_library import read_library
from svc_segment.store.monthly_runs import lock_monthly_run, save_monthly_run, was_requested
from svc_segment.store.usage_months import usage_is_complete

# Who asked, where nobody did.
BY_THE_CLOCK = "clock"

logger = logging.getLogger(__name__)


class MonthlyWork(Protocol):
    """One kind of work, such as the match or the lists of a classification."""

    @property
    def kind(self) -> str:
        """Its name in the books."""

    async def ready(self, unit: UnitOfWork) -> bool:
        """Whether what it needs is there at all; where it is not, nobody waits for it."""

    async def request(self, unit: UnitOfWork, run_id: uuid.UUID, month: date, now: datetime) -> None:
        """Books the run of a month of data with its job."""


@dataclass(frozen=True, slots=True)
class MonthlyClasses:
    """The lists of a classification by city (SEG-39), where the attributes that its steps read are there."""

    code: str

    @property
    def kind(self) -> str:
        """Its name in the books."""
        return f"classes:{self.code}"

    async def ready(self, unit: UnitOfWork) -> bool:
        """Whether every step can be read."""
        classification = (await read_classifications(unit)).get(self.code)
        if classification is None:
            return False
        try:
            await asyncio.to_thread(read_steps, classification, await read_dictionary(unit), await read_scope(unit))
        except InvalidInput:
            return False
        return True

    async def request(self, unit: UnitOfWork, run_id: uuid.UUID, month: date, now: datetime) -> None:
        """The lists of the month that the data describe."""
        await request_classes(unit, run_id=run_id, code=self.code, month=f"{month:%Y-%m}", by=BY_THE_CLOCK, now=now)


@dataclass(frozen=True, slots=True)
class MonthlyMatch:
    """The match of everyone (SEG-16, SEG-23), where the library has a rule."""

    kind: str = "match"

    async def ready(self, unit: UnitOfWork) -> bool:
        """Whether the library has a rule."""
        return bool((await read_library(unit)).rules)

    async def request(self, unit: UnitOfWork, run_id: uuid.UUID, month: date, now: datetime) -> None:
        """The match whose volumes are those of the month after the data's."""
        await request_match(unit, run_id=run_id, month=f"{next_month(month):%Y-%m}", by=BY_THE_CLOCK, now=now)


class MonthlyClock:
    """One look at what is due; months before the last due one are not made up for."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        new_id: Callable[[], uuid.UUID],
        *,
        zone: tzinfo,
        day: int,
        works: Sequence[MonthlyWork],
    ) -> None:
        self._database = database
        self._now = now
        self._new_id = new_id
        self._zone = zone
        self._day = day
        self._works = works

    async def __call__(self) -> int:
        """Asks for what is due and not asked for yet; leaves nothing for at once."""
        month = due_month(self._now(), self._zone, self._day)
        for work in self._works:
            async with self._database.unit_of_work() as unit:
                await self._look(unit, work, month)
        return 0

    async def _look(self, unit: UnitOfWork, work: MonthlyWork, month: date) -> None:
        if await was_requested(unit, work.kind, month):
            return
        base = await read_base(unit)
        if base is None or not await work.ready(unit):
            return
        run = await lock_monthly_run(unit, work.kind, month, now=self._now())
        if run.state is MonthlyState.REQUESTED:
            return
        problem = what_is_missing(
            month, usage_complete=await usage_is_complete(unit, month), subscribers_as_of=base.as_of
        )
        if problem:
            if problem != run.problem:
                logger.warning("%s of %s waits: %s", work.kind, f"{month:%Y-%m}", problem)
                await save_monthly_run(unit, replace(run, problem=problem, changed_at=self._now()))
            return
        run_id = self._new_id()
        await work.request(unit, run_id, month, self._now())
        asked = replace(run, state=MonthlyState.REQUESTED, problem="", run_id=run_id, changed_at=self._now())
        await save_monthly_run(unit, asked)
        logger.info("%s of %s is asked for as run %s", work.kind, f"{month:%Y-%m}", run_id)
