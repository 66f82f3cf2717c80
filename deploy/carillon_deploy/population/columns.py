"""What a column of the operator's files is and how common kinds of values are made; it must not know any column."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from carillon_deploy.population.blocks import BLOCK_ROWS
from carillon_deploy.population.people import People

Make = Callable[[People, str], pa.Array]
# Names that two bytes tell apart: all but the cells of the largest operators.
SHORT_NAMES = 2**15


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One attribute or measure: what it is to the suite and how a block of it is made."""

    name: str
    type: str
    unit: str = ""
    description: str
    make: Make
    dimension: str = ""

    def of(self, people: People) -> pa.Array:
        """The values of a block."""
        return self.make(people, self.name)


def in_dimension(dimension: str, *columns: Column) -> tuple[Column, ...]:
    """The columns as sides of a customer: value, consumption, preference, trajectory or terminal (SEG-02)."""
    return tuple(replace(column, dimension=dimension) for column in columns)


def chosen(names: Sequence[str | None], codes: NDArray[np.integer]) -> pa.Array:
    """Texts by code, null for None: a dictionary, as the file will hold them."""
    unknown = np.isin(codes, [code for code, name in enumerate(names) if name is None])
    width = np.int16 if len(names) <= SHORT_NAMES else np.int32
    indices = pa.array(codes.astype(width), mask=unknown)
    return pa.DictionaryArray.from_arrays(indices, pa.array([name or "" for name in names], pa.string()))


def picked(names: Sequence[str | None], shares: Sequence[float]) -> Make:
    """One of some texts by shares that sum to 1."""
    ends = np.cumsum(np.asarray(shares))[:-1]
    return lambda people, name: chosen(names, np.searchsorted(ends, people.block.uniform(name), side="right"))


def flag(share: float) -> Make:
    """True for a share of the people."""
    return lambda people, name: pa.array(people.block.uniform(name) < share)


def skewed(mean: float, most: int) -> Make:
    """Whole numbers from 0, many small and few large, with about this mean."""

    def make(people: People, name: str) -> pa.Array:
        drawn = -np.log1p(-people.block.uniform(name)) * mean
        return pa.array(np.minimum(drawn + 0.5, most).astype(np.int32))

    return make


def between(low: int, high: int, *, unknown: float = 0.0) -> Make:
    """Whole numbers from ``low`` to ``high``, both included, null for a share of the people."""

    def make(people: People, name: str) -> pa.Array:
        drawn = people.block.draws(name).integers(low, high + 1, BLOCK_ROWS, np.int32)[: people.block.rows]
        return pa.array(drawn, mask=people.block.uniform(f"{name}.unknown") < unknown if unknown else None)

    return make


def score() -> Make:
    """A score in [0, 1], mostly low, to four digits."""
    return lambda people, name: pa.array(np.floor(people.block.uniform(name) ** 3 * 10_000) / 10_000)
