"""Classifies everyone and writes the month's lists by city; a run's result appears whole or not at all.

Every step may be repeated: the lists are turned over in one step once they are written, the counts in one transaction.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

from pyroaring import BitMap

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.jobs import enqueue
from svc_segment.app.change_classification import read_steps, require_classification
from svc_segment.app.current_base import require_base
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.small_groups import refuse_scenes
from svc_segment.app.whole_run import WholeRun
from svc_segment.domain.class_run import ClassRun
from svc_segment.domain.classification import Classification
from svc_segment.domain.export import BRANCH_ATTRIBUTE
from svc_segment.domain.match_run import RunState
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.store.class_lists import ListFolder
from svc_segment.store.classifications import (
    find_class_run,
    insert_class_run,
    save_class_members,
    save_class_run,
)
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.number_book import read_number_book
from svc_segment.store.rule_sets import Texts, first_fitting, texts_of
from svc_segment.store.surroundings import read_surroundings

RUN_CLASSES = "run_classes"


async def request_classes(
    unit: UnitOfWork, *, run_id: uuid.UUID, code: str, month: str, by: str, now: datetime
) -> ClassRun:
    """Books a run; an empty month is the snapshot's. Raises NotFound, InvalidInput, StateRefused NO_SNAPSHOT."""
    dictionary, base = await require_base(unit)
    classification = await require_classification(unit, code)
    await asyncio.to_thread(read_steps, classification, dictionary, await read_scope(unit))
    run = ClassRun(
        id=run_id,
        state=RunState.QUEUED,
        month=month or base.as_of.strftime("%Y-%m"),
        classification=classification,
        requested_by=by,
        requested_at=now,
    )
    await insert_class_run(unit, run)
    await enqueue(unit, RUN_CLASSES, run_id.bytes, key=f"{RUN_CLASSES}:{run_id}")
    return run


class RunClasses(WholeRun[ClassRun]):
    """The job ``run_classes``."""

    def __init__(
        self, database: Database, engine: Engine, folder: DataFolder, lists: ListFolder, now: Callable[[], datetime]
    ) -> None:
        super().__init__(database, now)
        self._engine = engine
        self._folder = folder
        self._lists = lists

    async def _find(self, unit: UnitOfWork, run_id: uuid.UUID) -> ClassRun | None:
        return await find_class_run(unit, run_id, lock=True)

    async def _save(self, unit: UnitOfWork, run: ClassRun) -> None:
        await save_class_run(unit, run)

    def _missing(self, run_id: uuid.UUID) -> NotFound:
        return class_run_not_found(run_id)

    async def _run(self, run: ClassRun) -> None:
        classification = run.classification
        async with self._database.read() as unit:
            dictionary, base = await require_base(unit)
            steps = await asyncio.to_thread(read_steps, classification, dictionary, await read_scope(unit))
            # A scene may have come, or a tag, since the classification was changed.
            await refuse_scenes(unit, rule_needs(*steps), field="classification.steps")
            around = await read_surroundings(unit, self._folder, rule_needs(*steps), as_of=self._now())
        sets = await self._engine.ask_about(base, steps, first_fitting(steps), around)
        known = BRANCH_ATTRIBUTE in dictionary
        branches = await self._engine.ask(base, texts_of(BRANCH_ATTRIBUTE)) if known else Texts.nothing()
        members = by_class(classification, sets)
        counts = {result: branches.counts(found) for result, found in members.items()}
        folder = await self._write(run, members, branches, base.as_of)
        done = replace(
            run,
            state=RunState.DONE,
            ended_at=self._now(),
            base_version=base.version,
            as_of=base.as_of,
            subscribers=sum(len(found) for found in members.values()),
            folder=folder,
        )
        async with self._database.unit_of_work() as unit:
            current = await find_class_run(unit, run.id, lock=True)
            if current is not None and current.state is RunState.RUNNING:
                await save_class_members(unit, run.id, members, counts)
                await save_class_run(unit, done)

    async def _write(self, run: ClassRun, members: Mapping[str, BitMap], branches: Texts, as_of: date) -> str:
        async with self._database.read() as unit:
            book = await read_number_book(unit)
        listed = {result: found for result, found in members.items() if run.classification.label(result).listed}
        return await asyncio.to_thread(
            self._lists.write,
            str(run.id),
            code=run.classification.code,
            month=run.month,
            as_of=as_of,
            members=listed,
            branches=branches,
            book=book,
        )


def by_class(classification: Classification, sets: list[BitMap]) -> Mapping[str, BitMap]:
    """The members of each class from those of each step; a class may have several steps."""
    members = {label.result: BitMap() for label in classification.classes}
    for step, found in zip(classification.steps, sets, strict=True):
        members[step.result] |= found
    return members


def class_run_not_found(run_id: uuid.UUID) -> NotFound:
    """No run has this id."""
    return NotFound(reason="CLASS_RUN_NOT_FOUND", field="id", detail=f"there is no run {run_id} of a classification")
