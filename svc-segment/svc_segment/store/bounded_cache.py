"""Keeps what was used last within a limit of bytes; it must not work anything out."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """What says how many bytes it takes."""

    @property
    def nbytes(self) -> int:
        """How many bytes."""


Kept = TypeVar("Kept", bound=Sized)


class BoundedCache(Generic[Kept]):
    """What was used last, as much as fits in ``limit_bytes``; several threads may use it."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Kept | None:
        """What is kept under a key, not to be changed; or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, one: Kept) -> None:
        """Keeps it and lets go of what nobody used for longest."""
        with self._lock:
            replaced = self._kept.pop(key, None)
            self._bytes += one.nbytes - (replaced.nbytes if replaced is not None else 0)
            self._kept[key] = one
            while self._bytes > self._limit_bytes and self._kept:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.nbytes
