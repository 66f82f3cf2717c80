"""Answers rules by the bit masks of their conditions, each worked out once a version; it must not work any out.

Who edits a rule changes one condition of thirty: the other masks are at hand, and joining them is a matter of
milliseconds for twelve million subscribers. A mask has one bit a row of the base file, in its order, least
significant bit first, padded with zeros to whole words of 64 bits.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from svc_segment.domain.rules.tree import And, Constant, IsTruth, Leaf, Not, Or, Rule

Mask = NDArray[np.uint64]
# A condition and whether it is asked who fits it for certain, or who for certain does not.
Polar = tuple[Leaf, bool]
WORD_BITS = 64
# Rows that are answered together, whole words of a mask: what is worked out of them stays in the processor's cache, which
# makes it several times as quick as a step over all rows after the other.
BLOCK_ROWS = 2**20


def conditions_of(rule: Rule, *, truth: bool = True) -> Iterator[Polar]:
    """What must be known of which condition to know for whom the rule is true, or false, for certain."""
    match rule:
        case And(operands=operands) | Or(operands=operands):
            for one in operands:
                yield from conditions_of(one, truth=truth)
        case Not(operand=operand):
            yield from conditions_of(operand, truth=not truth)
        case IsTruth(operand=operand, value=value):
            yield from conditions_of(operand, truth=value)
        case Constant():
            return
        case _:
            yield rule, truth


def join_masks(rule: Rule, masks: Mapping[Polar, Mask], everyone: Mask, *, truth: bool = True) -> Mask:
    """For whom the rule is true, or false, for certain; unknown is neither, as SQL has it. Not to be written to."""
    match rule:
        case And(operands=operands) | Or(operands=operands):
            # All must be true for "and" to be true, all false for "or" to be false; otherwise one is enough.
            join = np.bitwise_and if isinstance(rule, And) is truth else np.bitwise_or
            joined = join_masks(operands[0], masks, everyone, truth=truth).copy()
            for one in operands[1:]:
                join(joined, join_masks(one, masks, everyone, truth=truth), out=joined)
            return joined
        case Not(operand=operand):
            return join_masks(operand, masks, everyone, truth=not truth)
        case IsTruth(operand=operand, value=value):
            found = join_masks(operand, masks, everyone, truth=value)
            return found if truth else np.bitwise_and(everyone, np.bitwise_not(found))
        case Constant(value=value):
            return everyone if value is truth else np.zeros_like(everyone)
        case _:
            return masks[rule, truth]


def count_mask(mask: Mask) -> int:
    """How many bits are set."""
    return int(np.bitwise_count(mask).sum(dtype=np.uint64))


def packed_mask(answers: pa.ChunkedArray, everyone: Mask) -> Mask:
    """The mask of Arrow's booleans, none of them null and one a row, which are bits already."""
    bits = pa.concat_arrays(answers.chunks) if answers.num_chunks else pa.array([], pa.bool_())
    if len(bits) > len(everyone) * WORD_BITS or bits.null_count:
        raise ValueError(f"{len(bits)} answers, {bits.null_count} of them null, are no mask of this version")
    if bits.offset:
        return to_mask(bits.to_numpy(zero_copy_only=False))
    packed = np.zeros(everyone.nbytes, np.uint8)
    length = -(-len(bits) // 8)
    packed[:length] = np.frombuffer(bits.buffers()[1], np.uint8, length) if length else []
    # What stands behind the last answer in its byte is nobody's.
    return packed.view(np.uint64) & everyone


def to_mask(flags: NDArray[np.bool_]) -> Mask:
    """The mask of one flag a row."""
    return mask_by_blocks(len(flags), lambda start, stop: flags[start:stop])


def mask_by_blocks(rows: int, answers: Callable[[int, int], NDArray[np.bool_]]) -> Mask:
    """The mask of one flag a row, asked from one row to another block by block."""
    packed = np.zeros(-(-rows // WORD_BITS) * 8, np.uint8)
    for start in range(0, rows, BLOCK_ROWS):
        bits = np.packbits(answers(start, min(start + BLOCK_ROWS, rows)), bitorder="little")
        packed[start // 8 : start // 8 + len(bits)] = bits
    return packed.view(np.uint64)


def changed_mask(mask: Mask, places: NDArray[np.int64], flags: NDArray[np.bool_]) -> Mask:
    """A mask with other flags at some rows, each named once."""
    changed = mask.copy()
    octets, bits = changed.view(np.uint8), np.left_shift(1, places % 8).astype(np.uint8)
    np.bitwise_and.at(octets, places // 8, ~bits)
    np.bitwise_or.at(octets, places[flags] // 8, bits[flags])
    return changed


def to_flags(mask: Mask, rows: int) -> NDArray[np.bool_]:
    """One flag a row."""
    return np.unpackbits(mask.view(np.uint8), count=rows, bitorder="little").view(np.bool_)
