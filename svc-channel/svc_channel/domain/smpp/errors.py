"""What can be wrong with SMPP octets or values; must not know sockets or who asked."""

from svc_channel.domain.framer import UnframedStream
from svc_channel.domain.smpp import statuses


class MalformedPdu(Exception):
    """A PDU that breaks the wire's rules.

    ``reason`` is stable, ``field`` names the field at fault, ``status`` is the SMPP status to answer with.
    """

    def __init__(self, *, reason: str, field: str, detail: str, status: int = statuses.SYSTEM_ERROR) -> None:
        super().__init__(f"{reason} ({field}): {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail
        self.status = status


class BrokenStream(MalformedPdu, UnframedStream):
    """A length no PDU may have: nothing after it can be trusted, so the connection has to close."""


class UnknownCommand(MalformedPdu):
    """A command this suite does not speak: the stream is sound, the answer is a generic_nack."""
