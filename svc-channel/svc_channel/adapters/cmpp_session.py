"""One CMPP session on asyncio: reads frames, answers what needs no link above it; must not know windows or messages."""

from collections.abc import Callable
from typing import Protocol

from svc_channel.adapters.cmpp_values import CmppSettings
from svc_channel.adapters.stream_session import SessionWatcher, StreamSession
from svc_channel.domain.cmpp import codec, commands, pdus
from svc_channel.domain.cmpp.errors import BrokenStream, MalformedPdu
from svc_channel.domain.cmpp.framer import HEADER_SIZE, Framer

_MESSAGE_ID_SIZE = 8


class SessionOwner(SessionWatcher, Protocol):
    """The link above: it also gets every PDU that the session did not answer by itself."""

    def on_pdu(self, envelope: codec.Envelope) -> None:
        """A PDU; the call comes from the event loop and must not block."""


class CmppSession(StreamSession):
    """One TCP connection that speaks CMPP in one version."""

    def __init__(self, owner: SessionOwner, settings: CmppSettings, *, next_sequence: Callable[[], int]) -> None:
        super().__init__(
            owner,
            Framer(),
            probe_seconds=settings.active_test_seconds,
            answer_seconds=settings.response_timeout_seconds,
            probe_tries=settings.active_test_tries,
        )
        self._owner = owner
        self._version = settings.version
        self._next_sequence = next_sequence

    def write(self, pdu: pdus.Pdu, sequence: int) -> None:
        """Sends one PDU. Raises MalformedPdu for what no field of this version can hold."""
        self.send(codec.encode(pdu, sequence, version=self._version))

    def probe(self) -> None:
        """Sends an active test."""
        self.write(pdus.ActiveTest(), self._next_sequence())

    def take_frame(self, frame: bytes) -> None:
        """Answers what the link need not know, and hands it the rest."""
        try:
            envelope = codec.decode(frame, version=self._version)
        except BrokenStream:
            raise
        except MalformedPdu as error:
            self._refuse(frame, error)
            return
        if isinstance(envelope.pdu, pdus.ActiveTest):
            self.write(pdus.ActiveTestResp(), envelope.sequence)
        elif isinstance(envelope.pdu, pdus.Terminate):
            self.write(pdus.TerminateResp(), envelope.sequence)
            self.lose("PEER_UNBOUND", "the ISMG ended the session")
        elif not isinstance(envelope.pdu, pdus.ActiveTestResp):
            self._owner.on_pdu(envelope)

    def _refuse(self, frame: bytes, error: MalformedPdu) -> None:
        """Answers a delivery that can't be read; CMPP has no answer to anything else that can't be."""
        command, sequence = codec.read_header(frame)
        if command == commands.DELIVER:
            # Its id stands first; of one too short for it the id is what is there.
            message_id = int.from_bytes(frame[HEADER_SIZE : HEADER_SIZE + _MESSAGE_ID_SIZE], "big")
            self.write(pdus.DeliverResp(message_id=message_id, result=error.result), sequence)
