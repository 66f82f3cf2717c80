"""Runs a job over everyone from its request to its end, whatever it finds; it must not know what that is.

Every step may be repeated: a process that dies leaves the run as it was, and the job begins again.
"""

import asyncio
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Generic, TypeVar

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound, StateRefused
from svc_segment.domain.class_run import ClassRun
from svc_segment.domain.match_run import MatchRun, RunState, check_move

Run = TypeVar("Run", MatchRun, ClassRun)


class WholeRun(ABC, Generic[Run]):
    """A job that is given a run's id; those of one kind and process go one after the other."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._turn = asyncio.Lock()

    async def __call__(self, run_id: uuid.UUID) -> None:
        """Runs one to its end; nothing happens for one that has ended. Raises Unavailable to be done again."""
        async with self._turn:
            run = await self._begin(run_id)
            if run.state is not RunState.RUNNING:
                return
            try:
                await self._run(run)
            except (InvalidInput, StateRefused) as refusal:
                failed = replace(run, state=RunState.FAILED, ended_at=self._now(), problem=refusal.detail)
                async with self._database.unit_of_work() as unit:
                    await self._save(unit, failed)

    async def _begin(self, run_id: uuid.UUID) -> Run:
        async with self._database.unit_of_work() as unit:
            run = await self._find(unit, run_id)
            if run is None:
                raise self._missing(run_id)
            if run.state in {RunState.DONE, RunState.FAILED}:
                return run
            check_move(run.state, RunState.RUNNING)
            run = replace(run, state=RunState.RUNNING)
            await self._save(unit, run)
            return run

    @abstractmethod
    async def _find(self, unit: UnitOfWork, run_id: uuid.UUID) -> Run | None:
        """The run, locked."""

    @abstractmethod
    async def _save(self, unit: UnitOfWork, run: Run) -> None:
        """Writes the run's state."""

    @abstractmethod
    def _missing(self, run_id: uuid.UUID) -> NotFound:
        """No run has this id."""

    @abstractmethod
    async def _run(self, run: Run) -> None:
        """Finds what it is to find and writes it with the run's end, whole; raises InvalidInput, StateRefused."""
