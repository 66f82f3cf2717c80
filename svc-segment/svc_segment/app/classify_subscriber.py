"""Says one subscriber's class by every classification, as the data stand now; it must not keep it."""

import asyncio
from collections.abc import Mapping, Sequence

from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.app.change_classification import read_steps
from svc_segment.app.current_base import require_base
from svc_segment.app.rule_scope import read_scope
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.classification import Classification, ClassLabel, classify
from svc_segment.domain.rules.closure import Row, compile_closure
from svc_segment.domain.rules.needs import by_attributes
from svc_segment.domain.rules.scope import Scope
from svc_segment.store.classifications import read_classifications
from svc_segment.store.engine import Engine


async def classify_subscriber(
    database: Database, engine: Engine, subscriber_id: int
) -> Sequence[tuple[str, ClassLabel]]:
    """Code and class of each classification that the dictionary has the attributes for (SEG-39, SEG-61).

    Raises NotFound SUBSCRIBER_NOT_FOUND.
    """
    async with database.read() as unit:
        dictionary, base = await require_base(unit)
        standing = await read_classifications(unit)
        scope = await read_scope(unit)
    row = await engine.attributes_of(base, subscriber_id)
    if row is None:
        raise NotFound(
            reason="SUBSCRIBER_NOT_FOUND", field="subscriber_id", detail=f"there is no subscriber {subscriber_id}"
        )
    return await asyncio.to_thread(_classes, standing, dictionary, scope, row)


def _classes(
    standing: Mapping[str, Classification], dictionary: Dictionary, scope: Scope, row: Row
) -> list[tuple[str, ClassLabel]]:
    found = []
    for code, classification in standing.items():
        try:
            steps = read_steps(classification, dictionary, scope)
        except InvalidInput:
            # An operator without Fetion has no attributes for its classes.
            continue
        if not all(by_attributes(step) for step in steps):
            # A month's run answers it; one subscriber's past is not at hand here.
            continue
        result = classify(classification, [compile_closure(step) for step in steps], row)
        found.append((code, classification.label(result)))
    return found
