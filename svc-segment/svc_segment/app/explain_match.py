"""Explains one subscriber's match by the newest run; it must not match anew.

The run's sets are kept in memory, one run's at a time: rebuilding them for each question would cost a second.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from carillon_chassis.database import Database
from carillon_chassis.errors import NotFound, StateRefused
from svc_segment.app.current_base import require_base
from svc_segment.domain.attributes import Dictionary, Value
from svc_segment.domain.match_explanation import Answers, Reason, explain
from svc_segment.domain.match_library import MatchLibrary
from svc_segment.domain.match_run import MatchRun
from svc_segment.domain.match_texts import read_brands, read_optional
from svc_segment.domain.rules.closure import RowRule, compile_closure
from svc_segment.store.engine import Engine
from svc_segment.store.match_runs import newest_run, read_speaking
from svc_segment.store.subscriptions import owned_services


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRun:
    """A run made ready for questions: for whom each rule speaks, and its texts compiled for one row."""

    run: MatchRun
    speaks: Mapping[str, BitMap]
    fits: Mapping[str, RowRule]
    brand_fits: Mapping[str, RowRule]
    owned: Mapping[str, RowRule]
    adapted: Mapping[str, RowRule]


class ExplainMatch:
    """Answers for one subscriber at a time, in milliseconds once a run is read."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database = database
        self._engine = engine
        self._read: ReadRun | None = None
        self._turn = asyncio.Lock()

    async def __call__(self, subscriber_id: int) -> tuple[MatchRun, Sequence[Reason]]:
        """The newest run and a reason for every rule by rank (SEG-01, SEG-16).

        Raises StateRefused NO_MATCH before the first run, NotFound SUBSCRIBER_NOT_FOUND.
        """
        async with self._database.read() as unit:
            dictionary, base = await require_base(unit)
            run = await newest_run(unit)
            owned = await owned_services(unit, subscriber_id)
        if run is None:
            raise StateRefused(reason="NO_MATCH", detail="nobody is matched yet; ask for a match first")
        row = await self._engine.attributes_of(base, subscriber_id)
        if row is None:
            raise NotFound(
                reason="SUBSCRIBER_NOT_FOUND", field="subscriber_id", detail=f"there is no subscriber {subscriber_id}"
            )
        ready = await self._ready(run, dictionary)
        speaks = {code for code, subscribers in ready.speaks.items() if subscriber_id in subscribers}
        return run, explain(run.library, _answers(ready, row, owned), speaks)

    async def _ready(self, run: MatchRun, dictionary: Dictionary) -> ReadRun:
        async with self._turn:
            if self._read is None or self._read.run.id != run.id:
                self._read = await self._load(run, dictionary)
            return self._read

    async def _load(self, run: MatchRun, dictionary: Dictionary) -> ReadRun:
        async with self._database.read() as unit:
            speaking = await read_speaking(unit, run.id)
        compiled = await asyncio.to_thread(_compile, run.library, dictionary)
        speaks = {one.rule: one.subscribers for one in speaking if one.subscribers is not None}
        return ReadRun(run=run, speaks=speaks, **compiled)


def _compile(library: MatchLibrary, dictionary: Dictionary) -> dict[str, dict[str, RowRule]]:
    def texts(which: str, *, empty: bool) -> dict[str, RowRule]:
        return {
            code: compile_closure(read_optional(getattr(service, which), dictionary, field=which, empty=empty))
            for code, service in library.services.items()
        }

    rules = library.rules.items()
    return {
        "fits": {
            code: compile_closure(read_optional(rule.extract, dictionary, field="rule.extract")) for code, rule in rules
        },
        "brand_fits": {code: compile_closure(read_brands(rule.brands)) for code, rule in rules},
        "owned": texts("owned_when", empty=False),
        "adapted": texts("terminal", empty=True),
    }


def _answers(ready: ReadRun, row: Mapping[str, Value | None], owned: frozenset[str]) -> Answers:
    def ask(rules: Mapping[str, RowRule]) -> dict[str, bool]:
        return {code: rule(row) is True for code, rule in rules.items()}

    by_data = ask(ready.owned)
    return Answers(
        fits=ask(ready.fits),
        brand_fits=ask(ready.brand_fits),
        owned={code: has or code in owned for code, has in by_data.items()},
        adapted=ask(ready.adapted),
    )
