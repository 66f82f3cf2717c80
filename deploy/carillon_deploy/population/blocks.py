"""Cuts an operator's subscribers into blocks and gives each its own random numbers; it must not know what they mean.

A block's numbers hang on the seed, the block and what they are for, and on nothing else: not on how many blocks there
are, not on who computes them and when. So a larger operator begins with the smaller one, and two threads write what
one would.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Rows of a block: sixty columns of it are some 20 MB, and a Parquet row group of it reads well.
BLOCK_ROWS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Subscribers ``start`` to ``start + rows`` (from 0) of the operator of ``seed``."""

    seed: int
    number: int
    rows: int

    @property
    def start(self) -> int:
        """The first subscriber."""
        return self.number * BLOCK_ROWS

    @property
    def subscribers(self) -> NDArray[np.int64]:
        """The subscribers of the block, from 0."""
        return np.arange(self.start, self.start + self.rows, dtype=np.int64)

    def draws(self, purpose: str) -> np.random.Generator:
        """Random numbers of this block for one purpose: draw them for BLOCK_ROWS, so that a short block begins alike."""
        return _generator(self.seed, purpose, self.number + 1)

    def uniform(self, purpose: str) -> NDArray[np.float64]:
        """A random number in [0, 1) a subscriber."""
        return self.draws(purpose).random(BLOCK_ROWS)[: self.rows]

    def spread(self, purpose: str, step: float) -> NDArray[np.float64]:
        """A number in [0, 1) a subscriber, spread so evenly that a share of them is that share of the subscribers.

        ``step`` is irrational, another for each purpose: multiples of it fall everywhere equally often, to within
        some rows of any number of subscribers, where random ones would stray by hundreds.
        """
        offset = _generator(self.seed, purpose, 0).random()
        even: NDArray[np.float64] = np.mod(offset + self.subscribers.astype(np.float64) * step, 1.0)
        return even


def blocks(seed: int, subscribers: int) -> Iterator[Block]:
    """The blocks of an operator; the last may be short."""
    for number, start in enumerate(range(0, subscribers, BLOCK_ROWS)):
        yield Block(seed=seed, number=number, rows=min(BLOCK_ROWS, subscribers - start))


def _generator(seed: int, purpose: str, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64([seed, zlib.crc32(purpose.encode()), number]))
