"""Says one subscriber's class by every classification, as the data stand now; it must not keep it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.app.change_classification import read_steps
from svc_segment.app.current_base import require_base
from svc_segment.app.rule_scope import read_scope
from svc_segment.app.small_groups import rests_on_scenes
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.classification import Classification, ClassLabel, classify
from svc_segment.domain.rules.closure import Row, compile_closure
from svc_segment.domain.rules.needs import by_attributes, rule_needs
from svc_segment.domain.rules.tree import Rule
from svc_segment.store.classifications import read_classifications
from svc_segment.store.engine import Engine
from svc_segment.store.folders import DataFolder
from svc_segment.store.scans import fitting_among
from svc_segment.store.surroundings import read_surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberClass:
    """The class by one classification, and the day of what it was judged by."""

    code: str
    label: ClassLabel
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Readable:
    """A classification whose steps the dictionary can be asked for."""

    classification: Classification
    steps: Sequence[Rule]

    @property
    def by_attributes(self) -> bool:
        """Whether one row of attributes answers it."""
        return all(by_attributes(step) for step in self.steps)


class ClassifySubscriber:
    """Answers for one subscriber at a time: by the attributes alone where they do, else by his past too."""

    def __init__(
        self, database: Database, engine: Engine, folder: DataFolder, now: Callable[[], datetime], zone: ZoneInfo
    ) -> None:
        self._database = database
        self._engine = engine
        self._folder = folder
        self._now = now
        self._zone = zone

    async def __call__(self, subscriber_id: int) -> Sequence[SubscriberClass]:
        """Each classification that the dictionary has the attributes for, by its code (SEG-37, SEG-39, SEG-61).

        What looks back (who went to a concert) is measured back from now, so an event counts as soon as it is booked;
        a month's run says what was so when it ran. Raises NotFound SUBSCRIBER_NOT_FOUND.
        """
        now = self._now()
        async with self._database.read() as unit:
            dictionary, base = await require_base(unit)
            readable = await _readable(unit, dictionary)
            # Of those that look back, what they read, in the same view of the past for all.
            backward = [one for one in readable if not one.by_attributes]
            rules = [step for one in backward for step in one.steps]
            needs = rule_needs(*rules)
            around = await read_surroundings(unit, self._folder, needs, as_of=now, subscriber_ids=[subscriber_id])
        row = await self._engine.attributes_of(base, subscriber_id)
        if row is None:
            raise NotFound(
                reason="SUBSCRIBER_NOT_FOUND", field="subscriber_id", detail=f"there is no subscriber {subscriber_id}"
            )
        fits: list[bool] = []
        if rules:
            found = await self._engine.run(fitting_among(base, rules, around, [subscriber_id]))
            fits = [subscriber_id in members for members in found]
        results = {
            **await asyncio.to_thread(_by_row, [one for one in readable if one.by_attributes], row),
            **_by_fits(backward, fits),
        }
        today = now.astimezone(self._zone).date()
        return [
            SubscriberClass(
                code=one.classification.code,
                label=one.classification.label(results[one.classification.code]),
                as_of=base.as_of if one.by_attributes else today,
            )
            for one in readable
        ]


async def _readable(unit: UnitOfWork, dictionary: Dictionary) -> list[_Readable]:
    """The classifications that can be answered; an operator without Fetion has no attributes for its classes.

    Nor is one answered that a scene came under since it was changed (SEG-29): its runs are refused alike.
    """
    scope = await read_scope(unit)
    found = []
    for classification in (await read_classifications(unit)).values():
        try:
            steps = await asyncio.to_thread(read_steps, classification, dictionary, scope)
        except InvalidInput:
            continue
        needs = rule_needs(*steps)
        if not await rests_on_scenes(unit, tags=needs.tags, segments=needs.segments):
            found.append(_Readable(classification=classification, steps=steps))
    return found


def _by_row(readable: Sequence[_Readable], row: Row) -> dict[str, str]:
    return {
        one.classification.code: classify(one.classification, [compile_closure(step) for step in one.steps], row)
        for one in readable
    }


def _by_fits(readable: Sequence[_Readable], fits: Sequence[bool]) -> dict[str, str]:
    """The first step that fits gives the class; ``fits`` are those of all steps, one classification after another."""
    answers = iter(fits)
    found = {}
    for one in readable:
        held = [next(answers) for _ in one.steps]
        found[one.classification.code] = one.classification.steps[held.index(True)].result
    return found
