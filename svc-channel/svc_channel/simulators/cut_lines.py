"""Cuts off the line of a simulator's journal that a kill has left half written; it must not know what stands in one."""

import os
from typing import Final

# Read backwards in pieces of this size to find where the last whole line ends.
_TAIL_PIECE: Final = 64 * 1024


def drop_cut_line(file: int) -> None:
    """Cuts the file after its last newline."""
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - _TAIL_PIECE)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    os.ftruncate(file, end)
