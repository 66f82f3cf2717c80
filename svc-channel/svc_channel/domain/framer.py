"""Cuts a TCP byte stream into whole frames however it was fragmented; must not know a protocol's lengths or bodies."""

from abc import ABC, abstractmethod
from collections.abc import Iterator


class UnframedStream(Exception):
    """Nothing that follows in the stream can be cut into frames; each protocol's BrokenStream is one."""


class StreamFramer(ABC):
    """An incremental cutter: feed it what arrives, take whole frames from it.

    A protocol says where a frame ends by ``frame_length``. Holds at most one unfinished frame of it.
    """

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = bytearray()

    @staticmethod
    @abstractmethod
    def frame_length(data: bytes | bytearray, position: int, end: int) -> int:
        """The length of the frame that starts at ``position``, 0 while it can't be told yet; refuses one no frame has."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yields each frame that ``data`` completes, in order.

        Raises UnframedStream (the protocol's BrokenStream) at a length no frame may have, after the sound frames before it have
        been yielded; the framer is of no use afterwards. The iterator has to be run to its end before the next feed.
        """
        length_of = self.frame_length
        if self._rest:
            self._rest += data
            if not self._first_frame_is_whole():
                return
            data = bytes(self._rest)
            self._rest.clear()
        position, end = 0, len(data)
        while (length := length_of(data, position, end)) and position + length <= end:
            yield data[position : position + length]
            position += length
        if position < end:
            self._rest += data[position:]

    @property
    def buffered(self) -> int:
        """Octets of the frame that is not whole yet."""
        return len(self._rest)

    def _first_frame_is_whole(self) -> bool:
        """Keeps a peer that drips single octets from making each of them a copy of everything before."""
        length = self.frame_length(self._rest, 0, len(self._rest))
        return bool(length) and length <= len(self._rest)
