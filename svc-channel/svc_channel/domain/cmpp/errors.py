"""What can be wrong with CMPP octets or values; must not know sockets or who asked."""

from svc_channel.domain.cmpp import results
from svc_channel.domain.framer import UnframedStream


class MalformedPdu(Exception):
    """A PDU that breaks the wire's rules.

    ``reason`` is stable, ``field`` names the field at fault, ``result`` is the CMPP result to answer with.
    """

    def __init__(self, *, reason: str, field: str, detail: str, result: int = results.WRONG_STRUCTURE) -> None:
        super().__init__(f"{reason} ({field}): {detail}")
        self.reason = reason
        self.field = field
        self.detail = detail
        self.result = result


class BrokenStream(MalformedPdu, UnframedStream):
    """A length no PDU may have: nothing after it can be trusted, so the connection has to close."""


class UnknownCommand(MalformedPdu):
    """A command this suite does not speak; CMPP has no answer to it, the stream goes on."""
