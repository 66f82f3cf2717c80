"""Counts the margins of the people as they are written, beside what the reference tables and settings ask for."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from carillon_deploy.population import margins
from carillon_deploy.population.people import NO_HALL, People


@dataclass(slots=True)
class MarginCount:
    """Counts by margin and name; blocks are added one after the other."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, people: People) -> None:
        """Counts one more block."""
        self._add("music_grid", [*_grid_shares(), "outside"], people.grid_cell)
        self._add("hall", [hall.name for hall in margins.HALLS], people.hall[people.hall != NO_HALL])
        self._add("brand", list(margins.BRANDS), people.brand)
        self._add("fetion", list(margins.FETION), people.fetion_class)
        self._add("branch", list(margins.BRANCHES), people.branch)

    def compared(self, subscribers: int) -> dict[str, dict[str, dict[str, float]]]:
        """By margin and name: what was written and, where a share is asked for, what that share is."""
        asked: dict[str, dict[str, float]] = {
            "music_grid": _grid_shares(),
            "hall": {hall.name: hall.customers_wan / margins.CITY_WAN for hall in margins.HALLS},
            "brand": margins.BRANDS,
            "fetion": margins.FETION,
        }
        compared: dict[str, dict[str, dict[str, float]]] = {}
        for (margin, name), count in sorted(self.counts.items()):
            entry: dict[str, float] = {"count": count}
            share = asked.get(margin, {}).get(name)
            if share is not None:
                entry["asked"] = round(share * subscribers, 1)
            compared.setdefault(margin, {})[name] = entry
        return compared

    def _add(self, margin: str, names: list[str], codes: "np.ndarray[tuple[int], np.dtype[np.int8]]") -> None:
        for code, count in enumerate(np.bincount(codes, minlength=len(names)).tolist()):
            self.counts[(margin, names[code])] += count


def _grid_shares() -> dict[str, float]:
    """The share of each cell by its name, in the order of the cells."""
    return {
        f"{membership} arpu band {band + 1} {'n>=3' if often else '0<n<3'}": share
        for membership, band, often, share in margins.grid_cells()
    }
