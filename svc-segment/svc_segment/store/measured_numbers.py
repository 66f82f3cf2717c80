"""Compares numbers that were measured of many rows with the literals of a condition; it must not measure them.

It must agree with ``domain.rules.closure`` on every row, as the other compilers do.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svc_segment.domain.rules.closure import COMPARE
from svc_segment.domain.rules.tree import Between, Comparison, InList, IsNull, Leaf, Literal, Operand, Operator

# Doubles tell whole numbers apart up to here.
MOST_EXACT = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """One number a row, int64 or float64, and whether it is known; an unknown one is any number."""

    values: NDArray[np.int64] | NDArray[np.float64]
    known: NDArray[np.bool_] | None

    def fitting(self, leaf: Leaf, *, truth: bool) -> NDArray[np.bool_]:
        """For which rows a condition on this number alone is true, or false, for certain."""
        if isinstance(leaf, IsNull):
            unknown = np.zeros(len(self.values), np.bool_) if self.known is None else ~self.known
            return unknown if truth else ~unknown
        found = self._found(leaf)
        answers = found if truth else ~found
        return answers if self.known is None else answers & self.known

    def _found(self, leaf: Leaf) -> NDArray[np.bool_]:
        match leaf:
            case Comparison(operator=operator, right=Literal() as right):
                return self._compared(operator, right)
            case Between(low=Literal() as low, high=Literal() as high):
                from_low = self._compared(Operator.GREATER_OR_EQUAL, low)
                return from_low & self._compared(Operator.LESS_OR_EQUAL, high)
            case InList(values=values):
                found = np.zeros(len(self.values), np.bool_)
                for value in values:
                    found |= self._compared(Operator.EQUAL, value)
                return found
            case _:
                raise TypeError(f"no condition on one number: {leaf!r}")

    def _compared(self, operator: Operator, literal: Literal) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = _COMPARE[operator](self.values, literal.value)
        return found


_COMPARE: Mapping[Operator, Callable[[Any, Any], Any]] = COMPARE


def compares_numbers(leaf: Leaf) -> bool:
    """Whether a condition compares what it is about with numbers that doubles hold exactly, and with nothing else."""
    match leaf:
        case Comparison(right=right):
            return _exact(right)
        case Between(low=low, high=high):
            return _exact(low) and _exact(high)
        case InList(values=values):
            return all(_exact(value) for value in values)
        case _:
            return isinstance(leaf, IsNull)


def _exact(operand: Operand) -> bool:
    return (
        isinstance(operand, Literal)
        and isinstance(operand.value, int | float)
        and not isinstance(operand.value, bool)
        and abs(operand.value) <= MOST_EXACT
    )
