"""Shows one subscriber: attributes and the segments whose rules fit them now; it must not show the number."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from carillon_chassis.database import Database
from carillon_chassis.errors import NotFound
from svc_segment.app.current_base import require_base
from svc_segment.domain.attributes import Dictionary, Value
from svc_segment.domain.rules.closure import Row, RowRule, compile_closure
from svc_segment.domain.rules.reader import read_rule
from svc_segment.store.engine import Engine
from svc_segment.store.numbers import look_up_numbers
from svc_segment.store.segments import list_rules

# Rules are kept compiled, since reading one costs a thousand times what asking it does; no operator has more.
MAX_COMPILED = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberView:
    """What is known of one subscriber; attributes that are null are absent."""

    attributes: Mapping[str, Value]
    segment_ids: tuple[uuid.UUID, ...]
    as_of: date


class CompiledRules:
    """Rules compiled for one row, by text; an attribute's type stands for ever, so a compiled rule does too."""

    def __init__(self) -> None:
        self._compiled: dict[str, RowRule] = {}

    def fitting(self, rules: Mapping[uuid.UUID, str], row: Row, dictionary: Dictionary) -> tuple[uuid.UUID, ...]:
        """The segments whose rules fit a row, in their order. Blocking: the first call compiles every rule."""
        return tuple(segment_id for segment_id, rule in rules.items() if self._fits(rule, row, dictionary))

    def _fits(self, rule: str, row: Row, dictionary: Dictionary) -> bool:
        """Whether a row fits a rule; unknown does not fit, as in a set."""
        compiled = self._compiled.get(rule)
        if compiled is None:
            if len(self._compiled) >= MAX_COMPILED:
                self._compiled.clear()
            compiled = self._compiled[rule] = compile_closure(read_rule(rule, dictionary))
        return compiled(row) is True


async def get_subscriber(
    database: Database, engine: Engine, rules: CompiledRules, subscriber_id: int
) -> SubscriberView:
    """The subscriber as of the current snapshot (SEG-02, SEG-80); raises NotFound SUBSCRIBER_NOT_FOUND."""
    async with database.read() as unit:
        dictionary, base = await require_base(unit)
        known = await look_up_numbers(unit, [subscriber_id])
        texts = await list_rules(unit)
    row = await engine.attributes_of(base, subscriber_id)
    if subscriber_id not in known or row is None:
        raise NotFound(
            reason="SUBSCRIBER_NOT_FOUND", field="subscriber_id", detail=f"there is no subscriber {subscriber_id}"
        )
    return SubscriberView(
        attributes={name: value for name, value in row.items() if value is not None},
        segment_ids=await asyncio.to_thread(rules.fitting, texts, row, dictionary),
        as_of=base.as_of,
    )
