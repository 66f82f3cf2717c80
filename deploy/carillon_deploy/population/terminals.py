"""Real handsets for synthetic subscribers: type allocation codes with their models; it must not claim real capabilities.

The codes and models are facts of a public list (see data/README.md); what a handset can do and costs is made up of
its code alone, so it is the same in every operator.
"""

import csv
import zlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

# A few handsets are everywhere and most are rare: the share of the k-th falls as 1 / (k + 40).
FLATNESS = 40
CAPABILITIES = {"mms": 85, "gprs": 90, "kjava": 70, "music_walkman": 35, "full_track": 40, "fetion_client": 55}
"""Handsets of 100 that have each; configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handsets:
    """All handsets by position: ``capabilities`` are boolean arrays, ``price_yuan`` int32.

    Several codes are of one model: ``model_of`` gives its place among ``models``.
    """

    tacs: tuple[str, ...]
    models: tuple[str, ...]
    model_of: NDArray[np.int16]
    capabilities: dict[str, NDArray[np.bool_]]
    price_yuan: NDArray[np.int32]
    in_library: NDArray[np.bool_]
    shares: NDArray[np.float64]


@cache
def handsets() -> Handsets:
    """The handsets of the list, read once."""
    with resources.files("carillon_deploy.data").joinpath("tacs.csv").open(encoding="utf-8") as file:
        # The list has some codes twice.
        listed = {row[0]: row[1] for row in csv.reader(file) if row[0].isdecimal()}
    tacs = tuple(listed)
    models = {model: place for place, model in enumerate(sorted(set(listed.values())))}
    weights = 1.0 / (np.argsort(np.argsort(_made_up(tacs, "rank"))) + FLATNESS)
    return Handsets(
        tacs=tacs,
        models=tuple(models),
        model_of=np.array([models[model] for model in listed.values()], np.int16),
        capabilities={name: _made_up(tacs, name) % 100 < share for name, share in CAPABILITIES.items()},
        price_yuan=(300 + _made_up(tacs, "price") % 38 * 100).astype(np.int32),
        in_library=_made_up(tacs, "library") % 100 < 80,  # noqa: PLR2004 -- handsets of 100 in the group's library
        shares=np.cumsum(weights / weights.sum()),
    )


def _made_up(tacs: tuple[str, ...], purpose: str) -> NDArray[np.int64]:
    return np.fromiter((zlib.crc32(f"{purpose}:{tac}".encode()) for tac in tacs), np.int64, len(tacs))
