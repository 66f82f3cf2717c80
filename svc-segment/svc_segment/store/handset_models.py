"""Words the question who has which handset model; it must not judge models."""

from collections.abc import Callable, Sequence

from ibis.backends.sql import SQLBackend
from ibis.expr import types as ir

from svc_segment.domain.handset_plan import HandsetPlan
from svc_segment.domain.rules.tree import Rule
from svc_segment.store.rule_expression import compile_certain

# Model, price, how many have it and how many of these use the service; then how many there are at all.
Models = tuple[Sequence[tuple[str, int, int, int]], int]


def count_models(
    plan: HandsetPlan, *, offered: Rule, users: Rule, everyone: Rule
) -> Callable[[SQLBackend, ir.Table], Models]:
    """Every model that may be offered; a model of two prices has the higher one."""

    def ask(backend: SQLBackend, table: ir.Table) -> Models:
        kept = table.filter(compile_certain(offered, table))
        grouped = kept.group_by(model=kept[plan.model]).aggregate(
            price=kept[plan.price].max(),
            users=kept.count(),
            service_users=kept.count(where=compile_certain(users, kept)),
        )
        rows = backend.to_pyarrow(grouped).to_pylist()
        people = backend.to_pyarrow(table.filter(compile_certain(everyone, table)).count()).as_py()
        models = [
            (row["model"], int(row["price"]), int(row["users"]), int(row["service_users"]))
            for row in rows
            if row["model"] is not None
        ]
        return models, int(people)

    return ask
