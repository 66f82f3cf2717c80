"""Cuts a TCP byte stream into whole SMPP frames however it was fragmented; must not read bodies or close anything."""

import struct
from collections.abc import Iterator
from typing import Final

from svc_channel.domain.smpp.commands import PAYLOAD_CARRIERS
from svc_channel.domain.smpp.errors import BrokenStream
from svc_channel.domain.smpp.statuses import INVALID_COMMAND_LENGTH

HEADER_SIZE: Final = 16
# Every ordinary PDU of 3.4 fits many times over; more is an attack on memory or a stream out of step.
MAXIMUM_PLAIN_PDU: Final = 4 * 1024
# A message_payload holds up to 64 KiB; the plain limit on top leaves room for what surrounds it.
MAXIMUM_PAYLOAD_PDU: Final = 64 * 1024 + MAXIMUM_PLAIN_PDU

_LENGTH = struct.Struct("!I")
_LENGTH_AND_COMMAND = struct.Struct("!II")


class Framer:
    """An incremental cutter: feed it what arrives, take whole frames from it.

    Holds at most one unfinished frame, so at most MAXIMUM_PAYLOAD_PDU octets.
    """

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yields each frame that ``data`` completes, in order.

        Raises BrokenStream at a length below the header or over the limit, after the sound frames before it have
        been yielded; the framer is of no use afterwards. The iterator has to be run to its end before the next feed.
        """
        if self._rest:
            self._rest += data
            whole = self._first_frame_is_whole()
            if not whole:
                return
            data = bytes(self._rest)
            self._rest.clear()
        position, end = 0, len(data)
        while (length := _frame_length(data, position, end)) and position + length <= end:
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
        length = _frame_length(self._rest, 0, len(self._rest))
        return bool(length) and length <= len(self._rest)


def _frame_length(data: bytes | bytearray, position: int, end: int) -> int:
    """The length of the frame that starts at ``position``, 0 while it cannot be told yet."""
    if end - position < _LENGTH.size:
        return 0
    (length,) = _LENGTH.unpack_from(data, position)
    if HEADER_SIZE <= length <= MAXIMUM_PLAIN_PDU:
        return int(length)
    if length < HEADER_SIZE or length > MAXIMUM_PAYLOAD_PDU:
        raise _broken(length)
    if end - position < _LENGTH_AND_COMMAND.size:
        return 0
    _, command = _LENGTH_AND_COMMAND.unpack_from(data, position)
    if command not in PAYLOAD_CARRIERS:
        raise _broken(length)
    return int(length)


def _broken(length: int) -> BrokenStream:
    return BrokenStream(
        reason="PDU_LENGTH_REFUSED",
        field="command_length",
        detail=f"{length} octets; a PDU has {HEADER_SIZE} to {MAXIMUM_PLAIN_PDU}, "
        f"with message_payload up to {MAXIMUM_PAYLOAD_PDU}",
        status=INVALID_COMMAND_LENGTH,
    )
