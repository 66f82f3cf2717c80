"""Says which row of a version is whose; it must not read the version."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svc_segment.store.condition_masks import WORD_BITS, Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRows:
    """The rows of one version: their ids, rising, and a mask of all of them."""

    file: str
    ids: NDArray[np.uint32]
    everyone: Mask

    def block(self, start: int, stop: int) -> "BaseRows":
        """Some of the rows, from a whole word of a mask on."""
        everyone = self.everyone[start // WORD_BITS : -(-stop // WORD_BITS)]
        return BaseRows(file=self.file, ids=self.ids[start:stop], everyone=everyone)

    def places(self, ids: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The row of each subscriber, and whether there is one: events may be of lives that have ended."""
        if not len(self.ids):
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), np.bool_)
        first, last = int(self.ids[0]), len(self.ids) - 1
        if int(self.ids[-1]) - first == last:
            # No ordinal is missing, so the row is the ordinal's distance from the first.
            places = ids.astype(np.int64) - first
            return places, (places >= 0) & (places <= last)
        places = np.clip(np.searchsorted(self.ids, ids).astype(np.int64), 0, last)
        return places, self.ids[places] == ids
