"""Gathers the entries of a list of subscribers, millions of them; it must not know whose they are."""

import hashlib
import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carillon_chassis.errors import LimitExceeded
from svc_segment.domain.numbers import HOME_CODE, home_mobile_pattern, normalise_number

# Twice the subscribers of the largest city: more entries are no list but a mistake.
MAX_ENTRIES = 25_000_000
# No number: E.164 begins with a digit that is not 0.
INVALID = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCounts:
    """What became of the entries of a list; the rest of ``read`` are its members."""

    read: int
    invalid: int
    unknown: int
    repeated: int


class MemberList:
    """The entries read so far, as eight bytes each; blocking, for a thread."""

    def __init__(self) -> None:
        self._numbers = array("q")
        self._ids = array("q")
        # Of each kind by itself, so that pieces cut otherwise are the same list.
        self._hashes = hashlib.sha256(), hashlib.sha256()
        self._mobile = re.compile(home_mobile_pattern())

    def add(self, msisdns: Iterable[str], subscriber_ids: Iterable[int]) -> None:
        """Reads some more entries; raises LimitExceeded LIST_TOO_LONG."""
        numbers = array("q", map(self._normalised, msisdns))
        ids = array("q", subscriber_ids)
        if len(self) + len(numbers) + len(ids) > MAX_ENTRIES:
            raise LimitExceeded(
                reason="LIST_TOO_LONG", field="piece", detail=f"a list has at most {MAX_ENTRIES} entries; use a rule"
            )
        for hashed, added in zip(self._hashes, (numbers, ids), strict=True):
            hashed.update(added.tobytes())
        self._numbers.extend(numbers)
        self._ids.extend(ids)

    def __len__(self) -> int:
        return len(self._numbers) + len(self._ids)

    @property
    def sha256(self) -> bytes:
        """What tells one list from another."""
        return hashlib.sha256(b"".join(hashed.digest() for hashed in self._hashes)).digest()

    def distinct(self) -> "DistinctEntries":
        """The valid entries, each once."""
        numbers = _each_once(self._numbers)
        return DistinctEntries(
            numbers=numbers[numbers != INVALID],
            subscriber_ids=_each_once(self._ids),
            read=len(self),
            invalid=self._numbers.count(INVALID),
        )

    def _normalised(self, written: str) -> int:
        matched = self._mobile.fullmatch(written)
        if matched:
            return int(HOME_CODE + matched[1])
        return normalise_number(written) or INVALID


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctEntries:
    """The valid numbers and the ids of a list, each once and rising, and how many entries there were."""

    numbers: NDArray[np.int64]
    subscriber_ids: NDArray[np.int64]
    read: int
    invalid: int

    def counts(self, *, members: int, found: int) -> ListCounts:
        """What became of the entries: ``found`` of the numbers and ids have somebody, ``members`` people in all."""
        distinct = len(self.numbers) + len(self.subscriber_ids)
        return ListCounts(
            read=self.read,
            invalid=self.invalid,
            unknown=distinct - found,
            repeated=self.read - self.invalid - distinct + found - members,
        )


def _each_once(values: "array[int]") -> NDArray[np.int64]:
    """Sorted and without repeats; sorting beats hashing for millions of integers."""
    rising: NDArray[np.int64] = np.sort(np.asarray(values, dtype=np.int64))
    once: NDArray[np.int64] = rising[np.diff(rising, prepend=rising[:1] - 1) != 0]
    return once
