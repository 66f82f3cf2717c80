"""Explains one subscriber's match by the newest run; it must not match anew.

The run's sets are kept in memory, one run's at a time: rebuilding them for each question would cost a second.
"""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import NotFound, StateRefused
from svc_segment.app.current_base import require_base
from svc_segment.app.get_match import match_not_found, resting_rules
from svc_segment.app.rule_scope import read_scope
from svc_segment.domain.attributes import Dictionary, Value
from svc_segment.domain.match_explanation import Answers, Reason, explain
from svc_segment.domain.match_library import MatchLibrary
from svc_segment.domain.match_run import MatchRun
from svc_segment.domain.match_texts import read_brands, read_optional
from svc_segment.domain.rules.closure import RowRule, compile_closure
from svc_segment.domain.rules.needs import by_attributes
from svc_segment.domain.rules.scope import Scope
from svc_segment.domain.rules.tree import Rule
from svc_segment.domain.tag import is_few
from svc_segment.store.engine import Engine
from svc_segment.store.match_runs import count_shares, find_run, newest_run, read_speaking
from svc_segment.store.subscriptions import owned_services
from svc_segment.store.tags import current_tags


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRun:
    """A run made ready for questions: what of it is shown, for whom each rule speaks, its texts compiled for one row."""

    run: MatchRun
    shown: MatchLibrary
    speaks: Mapping[str, BitMap]
    fitted: Mapping[str, BitMap]
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
        self._tags = 0
        self._turn = asyncio.Lock()

    async def __call__(self, subscriber_id: int) -> tuple[MatchRun, Sequence[Reason]]:
        """The newest run and a reason for every rule by rank (SEG-01, SEG-16).

        A service is left out for everyone where one of its rules rests on a scene and 1 to 19 fit it (SEG-29).
        Raises StateRefused NO_MATCH before the first run, NotFound SUBSCRIBER_NOT_FOUND.
        """
        async with self._database.read() as unit:
            dictionary, base = await require_base(unit)
            newest = await newest_run(unit)
            tags, _ = await current_tags(unit)
            owned = await owned_services(unit, subscriber_id)
        if newest is None:
            raise StateRefused(reason="NO_MATCH", detail="nobody is matched yet; ask for a match first")
        row = await self._engine.attributes_of(base, subscriber_id)
        if row is None:
            raise NotFound(
                reason="SUBSCRIBER_NOT_FOUND", field="subscriber_id", detail=f"there is no subscriber {subscriber_id}"
            )
        ready = await self._ready(newest, dictionary, tags)
        speaks = {code for code, subscribers in ready.speaks.items() if subscriber_id in subscribers}
        return ready.run, explain(ready.shown, _answers(ready, row, owned, subscriber_id), speaks)

    async def _ready(self, run_id: uuid.UUID, dictionary: Dictionary, tags: int) -> ReadRun:
        async with self._turn:
            # New tags: a scene may be over, and then the run's sets have forgotten whom it named.
            if self._read is None or self._read.run.id != run_id or self._tags != tags:
                self._read, self._tags = await self._load(run_id, dictionary), tags
            return self._read

    async def _load(self, run_id: uuid.UUID, dictionary: Dictionary) -> ReadRun:
        async with self._database.read() as unit:
            run = await find_run(unit, run_id)
            if run is None:
                raise match_not_found(run_id)
            speaking = await read_speaking(unit, run_id)
            scope = await read_scope(unit)
            shown = await _shown(unit, run)
        compiled = await asyncio.to_thread(_compile, shown, dictionary, scope)
        speaks = {one.rule: one.speaks for one in speaking if one.speaks is not None}
        fitted = {one.rule: one.fits for one in speaking if one.fits is not None and one.rule not in compiled["fits"]}
        return ReadRun(run=run, shown=shown, speaks=speaks, fitted=fitted, **compiled)


async def _shown(unit: UnitOfWork, run: MatchRun) -> MatchLibrary:
    """The library without the services of which a rule names persons: the service's other rules say who speaks there."""
    small = {one.rule for one in await count_shares(unit, run.id) if is_few(one.fitting)}
    rules = run.library.rules
    hidden = {rules[code].service for code in await resting_rules(unit, run, small)}
    if not hidden:
        return run.library
    return MatchLibrary(
        {code: service for code, service in run.library.services.items() if code not in hidden},
        {code: rule for code, rule in rules.items() if rule.service not in hidden},
    )


def _compile(library: MatchLibrary, dictionary: Dictionary, scope: Scope) -> dict[str, dict[str, RowRule]]:
    """The texts that one subscriber's attributes answer; those that look back are answered by the run's sets."""

    def compiled(texts: Iterable[tuple[str, Rule]]) -> dict[str, RowRule]:
        return {code: compile_closure(rule) for code, rule in texts if by_attributes(rule)}

    def texts(which: str, *, empty: bool) -> dict[str, RowRule]:
        return compiled(
            (code, read_optional(getattr(service, which), dictionary, scope, field=which, empty=empty))
            for code, service in library.services.items()
        )

    return {
        "fits": compiled(
            (code, read_optional(rule.extract, dictionary, scope, field="rule.extract"))
            for code, rule in library.rules.items()
        ),
        "brand_fits": compiled((code, read_brands(rule.brands)) for code, rule in library.rules.items()),
        "owned": texts("owned_when", empty=False),
        "adapted": texts("terminal", empty=True),
    }


def _answers(ready: ReadRun, row: Mapping[str, Value | None], owned: frozenset[str], subscriber_id: int) -> Answers:
    def ask(rules: Mapping[str, RowRule]) -> dict[str, bool]:
        return {code: rule(row) is True for code, rule in rules.items()}

    by_data = ask(ready.owned)
    by_run = {code: subscriber_id in fitted for code, fitted in ready.fitted.items()}
    services = ready.shown.services
    adapted = ask(ready.adapted)
    return Answers(
        fits={**by_run, **ask(ready.fits)},
        brand_fits=ask(ready.brand_fits),
        owned={code: by_data.get(code, False) or code in owned for code in services},
        adapted={code: adapted.get(code, True) for code in services},
    )
