"""Makes the bitmap of subscribers from a mask of rows; it must not say who belongs.

A roaring bitmap of millions takes a third of a second to build from their ids, and nobody else runs meanwhile, since
the library keeps the interpreter's lock. A mask is nearly what a bitmap is made of, so it is written in the format in
which roaring bitmaps are kept (https://github.com/RoaringBitmap/RoaringFormatSpec) and read back: a copy of bytes.
"""

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from svc_segment.store.condition_masks import Mask, to_flags

# The first number of a bitmap without containers of runs.
COOKIE = 12_346
# Ordinals of one container; up to so many members are kept as a list of two bytes each, more as a bit each.
CONTAINER = 2**16
MOST_LISTED = 2**12


def members_of_mask(mask: Mask, ids: NDArray[np.uint32]) -> BitMap:
    """The subscribers of the rows whose bit is set; ``ids`` are the rows' subscribers, rising."""
    if not len(ids):
        return BitMap()
    first, last = int(ids[0]), int(ids[-1])
    by_ordinal = np.zeros(-(-(last + 1) // CONTAINER) * CONTAINER, np.bool_)
    if last - first + 1 == len(ids):
        # No ordinal is missing, so they stand as the rows do.
        by_ordinal[first : last + 1] = to_flags(mask, len(ids))
    else:
        by_ordinal[ids] = to_flags(mask, len(ids))
    members = BitMap.deserialize(_serialized(by_ordinal.reshape(-1, CONTAINER)))
    members.run_optimize()
    return members


def _serialized(flags: NDArray[np.bool_]) -> bytes:
    """A row a container, in the portable format: keys and sizes, where each container begins, the containers."""
    sizes = np.count_nonzero(flags, axis=1)
    keys = np.flatnonzero(sizes)
    sizes = sizes[keys]
    contents = [
        np.packbits(flags[key], bitorder="little") if size > MOST_LISTED else np.flatnonzero(flags[key]).astype("<u2")
        for key, size in zip(keys.tolist(), sizes.tolist(), strict=True)
    ]
    heads = np.column_stack([keys, sizes - 1]).astype("<u2")
    preamble = np.array([COOKIE, len(keys)], "<u4")
    lengths = np.array([0, *(content.nbytes for content in contents[:-1])], "<u4")[: len(keys)]
    begins = preamble.nbytes + heads.nbytes + lengths.nbytes + np.cumsum(lengths, dtype="<u4")
    return b"".join(part.tobytes() for part in (preamble, heads, begins, *contents))
