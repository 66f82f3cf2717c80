"""Matches everyone by a run's library; the result appears whole, in one transaction, or not at all.

Every step may be repeated: a process that dies leaves the run as it was, older runs stand, and the job begins again.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import NotFound, Unavailable
from svc_segment.app.current_base import require_base
from svc_segment.app.get_match import match_not_found
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.whole_run import WholeRun
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.match_library import MatchLibrary, MatchRule
from svc_segment.domain.match_run import MatchRun, RunState
from svc_segment.domain.match_texts import read_brands, read_extract, read_optional
from svc_segment.domain.matching import Candidates, Ids, Matching, match_everyone
from svc_segment.domain.rules.needs import rule_needs
from svc_segment.domain.rules.scope import Scope
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.segment import Base
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.match_runs import (
    find_run,
    lock_extraction,
    read_extracted,
    save_extracted,
    save_rules_done,
    save_run,
    save_shares,
)
from svc_segment.store.rule_sets import everyone, values_of
from svc_segment.store.subscriptions import read_owners
from svc_segment.store.surroundings import Surroundings, read_surroundings

# Twelve million owners of some services are seconds of COPY, and the result some hundred megabytes of bitmaps.
STATEMENT_TIMEOUT = "5min"
# Rules asked before a run says again how far it is.
RULES_A_STEP = 24


@dataclass(frozen=True, slots=True)
class Asked:
    """Every question that a library puts to the subscribers, by what it is about."""

    rules: Mapping[tuple[str, str], Rule]

    @classmethod
    def of(cls, library: MatchLibrary, dictionary: Dictionary, scope: Scope) -> "Asked":
        """Reads the library's texts; raises InvalidInput where one no longer fits the dictionary."""
        questions: dict[tuple[str, str], Rule] = {}
        for service in library.services.values():
            questions["owned", service.code] = read_optional(
                service.owned_when, dictionary, scope, field=f"{service.code}.owned_when", empty=False
            )
            questions["adapted", service.code] = read_optional(
                service.terminal, dictionary, scope, field=f"{service.code}.terminal"
            )
        for rule in library.rules.values():
            questions["fits", rule.code] = read_extract(rule, dictionary, scope)
            for brand in rule.brand_order if rule.monthly_volume else ():
                questions["brand", brand] = read_brands([brand])
        return cls(questions)


class RunMatch(WholeRun[MatchRun]):
    """The job ``run_match``."""

    def __init__(self, database: Database, engine: Engine, folder: DataFolder, now: Callable[[], datetime]) -> None:
        super().__init__(database, now)
        self._engine = engine
        self._folder = folder

    async def _find(self, unit: UnitOfWork, run_id: uuid.UUID) -> MatchRun | None:
        return await find_run(unit, run_id, lock=True)

    async def _save(self, unit: UnitOfWork, run: MatchRun) -> None:
        await save_run(unit, run)

    def _missing(self, run_id: uuid.UUID) -> NotFound:
        return match_not_found(run_id)

    async def _run(self, run: MatchRun) -> None:
        async with self._database.read() as unit:
            dictionary, base = await require_base(unit)
            extracted = await read_extracted(unit, run.month)
            asked = await asyncio.to_thread(Asked.of, run.library, dictionary, await read_scope(unit))
            needs = rule_needs(*asked.rules.values())
            around = await read_surroundings(unit, self._folder, needs, as_of=self._now())
        candidates = await self._ask(run, asked, base, around, extracted)
        matching = await asyncio.to_thread(match_everyone, run.library, candidates, month=run.month)
        async with self._database.unit_of_work() as unit:
            await self._save_match(unit, run, base, candidates, matching)

    async def _ask(
        self, run: MatchRun, asked: Asked, base: Base, around: Surroundings, extracted: Mapping[str, BitMap]
    ) -> Candidates:
        found: dict[tuple[str, str], BitMap] = {}
        keys = list(asked.rules)
        for start in range(0, len(keys), RULES_A_STEP):
            batch = keys[start : start + RULES_A_STEP]
            sets = await self._engine.members_of(base, [asked.rules[key] for key in batch], around)
            found |= zip(batch, sets, strict=True)
            await self._tell(run.id, sum(kind == "fits" for kind, _ in found))
        async with self._database.unit_of_work() as unit:
            await unit.driver.execute(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
            owners = await read_owners(unit, run.library.services)
        return Candidates(
            everyone=await self._engine.ask(base, everyone()),
            fits={code: found["fits", code] for code in run.library.rules},
            owned={code: found["owned", code] | owners[code] for code in run.library.services},
            adapted={code: found["adapted", code] for code in run.library.services},
            tiers={
                code: [found["brand", brand] for brand in rule.brand_order]
                for code, rule in run.library.rules.items()
                if rule.monthly_volume
            },
            extracted=extracted,
            score=await self._scores(run.library, base),
        )

    async def _scores(self, library: MatchLibrary, base: Base) -> "Scores":
        wanted = {rule.score for rule in library.rules.values() if rule.score and rule.monthly_volume}
        return Scores({name: await self._engine.ask(base, values_of(name)) for name in sorted(wanted)})

    async def _tell(self, run_id: uuid.UUID, done: int) -> None:
        async with self._database.unit_of_work() as unit:
            await save_rules_done(unit, run_id, done)

    async def _save_match(
        self, unit: UnitOfWork, run: MatchRun, base: Base, candidates: Candidates, matching: Matching
    ) -> None:
        await unit.driver.execute(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'")
        await lock_extraction(unit)
        if await read_extracted(unit, run.month) != candidates.extracted:
            raise Unavailable(reason="VOLUME_MOVED", detail="another match used the month's volume; it is done again")
        current = await find_run(unit, run.id, lock=True)
        if current is None or current.state is not RunState.RUNNING:
            return
        places = await save_shares(unit, run.id, matching)
        await save_extracted(unit, run.month, given_away(run.library, candidates.extracted, matching))
        ended = replace(
            run,
            state=RunState.DONE,
            ended_at=self._now(),
            base_version=base.version,
            as_of=base.as_of,
            subscribers=len(candidates.everyone),
            uncovered=len(matching.uncovered),
            recommended=places,
        )
        await save_run(unit, ended)


class Scores:
    """The scores that rules name, for everyone."""

    def __init__(self, values: Mapping[str, tuple[Ids, NDArray[np.float64]]]) -> None:
        self._values = values

    def __call__(self, rule: MatchRule, ids: Ids) -> NDArray[np.float64] | None:
        """The scores of some subscribers by a rule; None for a rule without one."""
        if rule.score not in self._values:
            return None
        everyones, scores = self._values[rule.score]
        return scores[np.searchsorted(everyones, ids)]


def given_away(library: MatchLibrary, before: Mapping[str, BitMap], matching: Matching) -> Mapping[str, BitMap]:
    """Whom the rules with a volume have given away this month, with those who have a place in this match."""
    return {
        code: BitMap.union(before.get(code, BitMap()), *matching.places[code])
        for code, rule in library.rules.items()
        if rule.monthly_volume
    }
