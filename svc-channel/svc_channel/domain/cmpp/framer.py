"""Says where a CMPP frame ends, so that a byte stream can be cut into frames; must not read bodies or close anything."""

import struct
from typing import Final

from svc_channel.domain.cmpp.errors import BrokenStream
from svc_channel.domain.framer import StreamFramer

HEADER_SIZE: Final = 12
# A 3.0 SUBMIT to 100 numbers has 3.5 KiB; more is an attack on memory or a stream out of step.
MAXIMUM_PDU: Final = 4 * 1024

_LENGTH = struct.Struct("!I")


class Framer(StreamFramer):
    """Frames of HEADER_SIZE to MAXIMUM_PDU octets."""

    __slots__ = ()

    @staticmethod
    def frame_length(data: bytes | bytearray, position: int, end: int) -> int:
        """The length of the frame at ``position``, 0 while it can't be told yet. Raises BrokenStream."""
        if end - position < _LENGTH.size:
            return 0
        (length,) = _LENGTH.unpack_from(data, position)
        if not HEADER_SIZE <= length <= MAXIMUM_PDU:
            raise BrokenStream(
                reason="PDU_LENGTH_REFUSED",
                field="Total_Length",
                detail=f"{length} octets; a PDU has {HEADER_SIZE} to {MAXIMUM_PDU}",
            )
        return int(length)
