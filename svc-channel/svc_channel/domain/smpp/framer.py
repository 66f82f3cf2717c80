"""Says where an SMPP frame ends, so that a byte stream can be cut into frames; must not read bodies or close anything."""

import struct
from typing import Final

from svc_channel.domain.framer import StreamFramer
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


class Framer(StreamFramer):
    """Frames of 16 to MAXIMUM_PLAIN_PDU octets, up to MAXIMUM_PAYLOAD_PDU for those that may carry a message_payload."""

    __slots__ = ()

    @staticmethod
    def frame_length(data: bytes | bytearray, position: int, end: int) -> int:
        """The length of the frame at ``position``, 0 while it can't be told yet. Raises BrokenStream."""
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
