"""Asks what a run over everyone needs of the subscribers; it must not decide what the answers mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa
from ibis.backends.sql import SQLBackend
from ibis.expr import types as ir
from numpy.typing import NDArray
from pyroaring import BitMap

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.tree import Rule
from svc_segment.store.rule_expression import compile_certain
from svc_segment.store.rule_tables import RuleColumns

# The index of a value that no subscriber has; -1 is nothing known.
NOBODYS = -2


def everyone() -> Callable[[SQLBackend, ir.Table], BitMap]:
    """All subscribers."""
    return lambda backend, table: BitMap(_ids(backend.to_pyarrow(table.select(SUBSCRIBER_COLUMN))))


def values_of(attribute: str) -> Callable[[SQLBackend, ir.Table], tuple[NDArray[np.uint32], NDArray[np.float64]]]:
    """A numeric attribute of everyone: rising subscriber ids, and the values with NaN for null."""

    def ask(backend: SQLBackend, table: ir.Table) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
        value = table[attribute].cast("float64").fill_null(ibis.literal(np.nan))
        rows = backend.to_pyarrow(table.select(SUBSCRIBER_COLUMN, value=value))
        ids = _ids(rows)
        order = np.argsort(ids, kind="stable")
        return ids[order], rows["value"].to_numpy()[order]

    return ask


def first_fitting(rules: Sequence[Rule]) -> Callable[[SQLBackend, RuleColumns], list[BitMap]]:
    """For each rule those whom it is the first to fit; the last one should hold for everyone."""

    def ask(backend: SQLBackend, columns: RuleColumns) -> list[BitMap]:
        steps = [(compile_certain(rule, columns), index) for index, rule in enumerate(rules)]
        first = ibis.cases(*steps, else_=len(rules)).cast("int16")
        rows = backend.to_pyarrow(columns.table.select(SUBSCRIBER_COLUMN, first=first))
        ids, found = _ids(rows), rows["first"].to_numpy()
        return [BitMap(ids[found == index]) for index in range(len(rules))]

    return ask


@dataclass(frozen=True, slots=True)
class Texts:
    """A text attribute of everyone: rising ids, and for each the index of its value among ``names``; null is empty."""

    ids: NDArray[np.uint32]
    codes: NDArray[np.int32]
    names: tuple[str, ...]

    @classmethod
    def nothing(cls) -> "Texts":
        """An attribute that nobody has."""
        return cls(np.empty(0, np.uint32), np.empty(0, np.int32), ())

    def codes_of(self, ids: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The index of each subscriber's value, -1 where nothing is known."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.int32)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[at] == ids, self.codes[at], np.int32(-1))

    def equal(self, ids: NDArray[np.uint32], value: str) -> NDArray[np.bool_]:
        """Which of the subscribers have a value."""
        wanted = self.names.index(value) if value in self.names else NOBODYS
        return np.equal(self.codes_of(ids), np.int32(wanted))

    def counts(self, members: BitMap) -> dict[str, int]:
        """How many members have which value, those of whom nothing is known under the empty text."""
        codes = self.codes_of(np.asarray(members.to_array(), dtype=np.uint32))
        counted: dict[str, int] = {}
        for name, number in zip(("", *self.names), np.bincount(codes + 1, minlength=len(self.names) + 1), strict=True):
            if number:
                counted[name] = counted.get(name, 0) + int(number)
        return counted

    def of(self, ids: NDArray[np.uint32]) -> pa.Array:
        """The value of each subscriber, empty where nothing is known."""
        codes = self.codes_of(ids)
        return pa.array((*self.names, "")).take(pa.array(np.where(codes < 0, len(self.names), codes)))


def texts_of(attribute: str) -> Callable[[SQLBackend, ir.Table], Texts]:
    """A text attribute of everyone, as few bytes as there are subscribers."""

    def ask(backend: SQLBackend, table: ir.Table) -> Texts:
        rows = backend.to_pyarrow(table.select(SUBSCRIBER_COLUMN, value=table[attribute].fill_null("")))
        coded = rows["value"].combine_chunks().dictionary_encode()
        ids, codes = _ids(rows), coded.indices.to_numpy().astype(np.int32, copy=False)
        order = np.argsort(ids, kind="stable")
        return Texts(ids[order], codes[order], tuple(coded.dictionary.to_pylist()))

    return ask


def _ids(rows: pa.Table) -> NDArray[np.uint32]:
    ids: NDArray[np.uint32] = rows[SUBSCRIBER_COLUMN].to_numpy().astype(np.uint32, copy=False)
    return ids
