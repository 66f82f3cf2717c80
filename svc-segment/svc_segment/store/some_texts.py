"""Asks for a text attribute of some subscribers in one question; it must not know what it is asked for."""

from collections.abc import Callable, Sequence

from ibis.backends.sql import SQLBackend
from ibis.expr import types as ir

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN


def texts_of_some(attribute: str, subscriber_ids: Sequence[int]) -> Callable[[SQLBackend, ir.Table], dict[int, str]]:
    """The attribute by subscriber id; of whom nothing is known is absent."""

    def ask(backend: SQLBackend, table: ir.Table) -> dict[int, str]:
        asked = table[SUBSCRIBER_COLUMN].isin(list(subscriber_ids)) & table[attribute].notnull()
        found = backend.to_pyarrow(table.filter(asked).select(SUBSCRIBER_COLUMN, attribute))
        return dict(zip(found[SUBSCRIBER_COLUMN].to_pylist(), found[attribute].to_pylist(), strict=True))

    return ask
