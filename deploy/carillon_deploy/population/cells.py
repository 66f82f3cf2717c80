"""The operator's radio cells: which scene and which hall's catchment each covers; it must not say who was where."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from carillon_deploy.population import margins
from carillon_deploy.population.columns import chosen

SCENES = ("work", "leisure", "shopping", "study", "route", "family")
"""The six life circles (SEG-33)."""
CELLS_A_HALL = 3
HALL_CELLS = CELLS_A_HALL * margins.HALL_COUNT
# A cell serves some 1,500 subscribers; a village has some cells too.
SUBSCRIBERS_A_CELL = 1_500
LEAST_STREET_CELLS = 62


def street_cells(subscribers: int) -> int:
    """Cells that no hall lies in."""
    return max(LEAST_STREET_CELLS, subscribers // SUBSCRIBERS_A_CELL)


def cell_names(subscribers: int) -> list[str]:
    """All cells: the halls' first, three each."""
    return [f"cell-{number:05d}" for number in range(HALL_CELLS + street_cells(subscribers))]


def hall_cell(hall: NDArray[np.int8], drawn: NDArray[np.float64]) -> NDArray[np.int64]:
    """One of the cells of each hall."""
    cells: NDArray[np.int64] = hall.astype(np.int64) * CELLS_A_HALL + (drawn * CELLS_A_HALL).astype(np.int64)
    return cells


def street_cell(drawn: NDArray[np.float64], subscribers: int) -> NDArray[np.int64]:
    """Any other cell."""
    cells: NDArray[np.int64] = HALL_CELLS + (drawn * street_cells(subscribers)).astype(np.int64)
    return cells


def cell_table(subscribers: int) -> pa.Table:
    """Cell, branch, scene, and the hall in whose catchment it lies, if any."""
    names = cell_names(subscribers)
    streets = np.arange(len(names) - HALL_CELLS)
    halls = np.repeat(np.arange(margins.HALL_COUNT), CELLS_A_HALL)
    hall_branches = np.array([margins.BRANCHES.index(hall.branch) for hall in margins.HALLS])
    hall_names = [*(f"{hall.branch}/{hall.name}" for hall in margins.HALLS), None]
    # Scenes go round within a branch, so that every branch has each.
    scenes = np.concatenate([np.full(HALL_CELLS, 2), streets // len(margins.BRANCHES) % len(SCENES)])
    return pa.table(
        {
            "cell": pa.array(names),
            "branch": chosen(margins.BRANCHES, np.concatenate([hall_branches[halls], streets % len(margins.BRANCHES)])),
            "scene": chosen(SCENES, scenes),
            "hall": chosen(hall_names, np.concatenate([halls, np.full(len(streets), margins.HALL_COUNT)])),
        }
    )
