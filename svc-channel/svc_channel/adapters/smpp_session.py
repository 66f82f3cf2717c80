"""One SMPP session on asyncio: reads frames, answers what needs no link above it; must not know windows or messages."""

from collections.abc import Callable
from typing import Protocol

from svc_channel.adapters.stream_session import SessionWatcher, StreamSession
from svc_channel.domain.smpp import codec, commands, pdus
from svc_channel.domain.smpp.errors import BrokenStream, MalformedPdu
from svc_channel.domain.smpp.framer import Framer


class SessionOwner(SessionWatcher, Protocol):
    """The link above: it also gets every PDU that the session did not answer by itself."""

    def on_pdu(self, envelope: codec.Envelope) -> None:
        """A PDU; the call comes from the event loop and must not block."""


class SmppSession(StreamSession):
    """One TCP connection that speaks SMPP."""

    def __init__(
        self,
        owner: SessionOwner,
        *,
        next_sequence: Callable[[], int],
        enquire_link_seconds: float,
        response_timeout_seconds: float,
    ) -> None:
        super().__init__(owner, Framer(), probe_seconds=enquire_link_seconds, answer_seconds=response_timeout_seconds)
        self._owner = owner
        self._next_sequence = next_sequence

    def probe(self) -> None:
        """Sends an enquire_link."""
        self.send(codec.encode(pdus.EnquireLink(), self._next_sequence()))

    def take_frame(self, frame: bytes) -> None:
        """Answers what the link need not know, and hands it the rest."""
        try:
            envelope = codec.decode(frame)
        except BrokenStream:
            raise
        except MalformedPdu as error:
            self._refuse(frame, error)
            return
        if isinstance(envelope.pdu, pdus.EnquireLink):
            self.send(codec.encode(pdus.EnquireLinkResp(), envelope.sequence))
        elif isinstance(envelope.pdu, pdus.Unbind):
            self.send(codec.encode(pdus.UnbindResp(), envelope.sequence))
            self.lose("PEER_UNBOUND", "the SMSC ended the session")
        elif not isinstance(envelope.pdu, pdus.EnquireLinkResp):
            self._owner.on_pdu(envelope)

    def _refuse(self, frame: bytes, error: MalformedPdu) -> None:
        """Answers what cannot be read; an answer that cannot be read leaves its submit to time out, in doubt."""
        command, _, sequence = codec.read_header(frame)
        if command & commands.RESPONSE_BIT:
            return
        if command == commands.DELIVER_SM:
            self.send(codec.encode(pdus.DeliverSmResp(), sequence, error.status))
        else:
            self.send(codec.encode(pdus.GenericNack(), sequence, error.status))
