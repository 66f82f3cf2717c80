"""Decides of each subscriber what several files must agree on: number, brand, place, value, music, handset, Fetion."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from carillon_deploy.population import margins
from carillon_deploy.population.blocks import BLOCK_ROWS, Block
from carillon_deploy.population.fetion import FetionMonths, make_fetion
from carillon_deploy.population.terminals import handsets

# Irrational steps, one a purpose, so that no two shares depend on each other.
STEPS = {
    name: root**0.5 % 1.0 for name, root in (("grid", 2), ("brand", 3), ("hall", 5), ("fetion", 7), ("branch", 11))
}
# China Mobile's prefixes; eight digits follow each.
PREFIXES = np.array([134, 135, 136, 137, 138, 139, 150, 151, 152, 157, 158, 159, 182, 187, 188], np.int64)
DIGITS = 10**8
# Odd and no multiple of five, so that multiples of it meet every eight digits once.
NUMBER_STEP = 7_368_787
# Prefixes by eight digits: numbers end there.
MAX_SUBSCRIBERS = len(PREFIXES) * DIGITS
# Of those outside the grid so many pay under 60 yuan; the others download nothing (configuration).
LOW_VALUE_SHARE = 0.75
NO_HALL = -1
SHORT_MUSIC, MOST_TONES = 3, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The subscribers of a block; every array has its rows."""

    block: Block
    msisdn: NDArray[np.int64]
    brand: NDArray[np.int8]
    branch: NDArray[np.int8]
    hall: NDArray[np.int8]
    grid_cell: NDArray[np.int8]
    membership: NDArray[np.int8]
    arpu: NDArray[np.float64]
    downloads: NDArray[np.int16]
    handset: NDArray[np.int64]
    fetion_class: NDArray[np.int8]
    fetion: FetionMonths

    @property
    def written_numbers(self) -> pa.Array:
        """The numbers as E.164 text."""
        return written(self.msisdn)


def make_people(block: Block) -> People:
    """The people of a block, the same whoever asks."""
    cell, membership, arpu, downloads = _music(block)
    hall = _hall(block)
    classes = _pick(margins.fetion_edges(), block.spread("fetion", STEPS["fetion"]))
    return People(
        block=block,
        msisdn=numbers_of(block.seed, block.subscribers),
        brand=_pick(margins.edges(list(margins.BRANDS.values())), block.spread("brand", STEPS["brand"])),
        branch=_branch(block, hall),
        hall=hall,
        grid_cell=cell,
        membership=membership,
        arpu=arpu,
        downloads=downloads,
        handset=np.searchsorted(handsets().shares, block.uniform("handset"), side="right").clip(
            max=len(handsets().tacs) - 1
        ),
        fetion_class=classes,
        fetion=make_fetion(block, classes),
    )


def numbers_of(seed: int, subscribers: NDArray[np.int64]) -> NDArray[np.int64]:
    """E.164 digits of subscribers: no two have one number."""
    prefix = PREFIXES[subscribers % len(PREFIXES)]
    digits = (subscribers // len(PREFIXES) * NUMBER_STEP + seed % DIGITS) % DIGITS
    numbers: NDArray[np.int64] = (86_000 + prefix) * DIGITS + digits
    return numbers


def written(numbers: NDArray[np.int64]) -> pa.Array:
    """Numbers as E.164 text."""
    return compute.binary_join_element_wise("+", pa.array(numbers).cast(pa.string()), "")


def _pick(edges: NDArray[np.float64], drawn: NDArray[np.float64]) -> NDArray[np.int8]:
    """Which share each number falls into; what lies beyond the last edge gets the number after it."""
    return np.searchsorted(edges, drawn, side="right").astype(np.int8)


def _music(
    block: Block,
) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.float64], NDArray[np.int16]]:
    """Grid cell (18 for none), membership, three months' average yuan and tones of three months."""
    cells = margins.grid_cells()
    ends = margins.edges([share for *_, share in cells])
    drawn = block.spread("grid", STEPS["grid"])
    cell = _pick(ends, drawn)
    outside = cell == len(cells)
    low = outside & ((drawn - ends[-1]) / (1.0 - ends[-1]) < LOW_VALUE_SHARE)
    # One more entry for those outside the grid, whose values come below.
    bands = np.array([*(band for _, band, _, _ in cells), 0])[cell]
    often = np.array([*(often for *_, often, _ in cells), False])[cell]
    bottom = np.where(low, 5.0, np.array([band[0] for band in margins.ARPU_BANDS])[bands])
    top = np.where(low, margins.ARPU_BANDS[0][0], np.array([band[1] for band in margins.ARPU_BANDS])[bands])
    # Few are at the upper end of their band; fen are cut off, so that nobody rises into the next.
    arpu = np.floor((bottom + (top - bottom) * block.uniform("arpu") ** 2.5) * 100) / 100
    drawn_tones = block.draws("tones").geometric(0.3, BLOCK_ROWS)[: block.rows]
    few = 1 + (block.uniform("few") < 0.4).astype(np.int64)  # noqa: PLR2004 -- one tone or two
    many = np.minimum(SHORT_MUSIC - 1 + drawn_tones, MOST_TONES)
    downloads = np.where(
        outside, np.where(low, np.maximum(drawn_tones - SHORT_MUSIC, 0), 0), np.where(often, many, few)
    )
    member_of = np.array([*(margins.MEMBERSHIPS.index(name) for name, *_ in cells), 0])[cell]
    others = _pick(margins.edges([0.01, 0.03]), block.uniform("member"))
    return cell, np.where(outside, others, member_of).astype(np.int8), arpu, downloads.astype(np.int16)


def _hall(block: Block) -> NDArray[np.int8]:
    ends = margins.edges([hall.customers_wan / margins.CITY_WAN for hall in margins.HALLS])
    hall = _pick(ends, block.spread("hall", STEPS["hall"]))
    return np.where(hall == len(margins.HALLS), NO_HALL, hall).astype(np.int8)


def _branch(block: Block, hall: NDArray[np.int8]) -> NDArray[np.int8]:
    """The district of one's hall, else any branch: the first cities are the largest (configuration)."""
    weights = 1.0 / (np.arange(len(margins.BRANCHES)) + 4)
    branch = _pick(margins.edges(list(weights / weights.sum())), block.spread("branch", STEPS["branch"]))
    of_hall = np.array([margins.BRANCHES.index(one.branch) for one in margins.HALLS], np.int8)[hall]
    return np.where(hall == NO_HALL, np.minimum(branch, len(margins.BRANCHES) - 1), of_hall).astype(np.int8)
