"""One service provider's connection to the simulator: CMPP in, CMPP out; must not keep messages, which the exchange does."""

import asyncio
from datetime import datetime
from typing import Final

from svc_channel.domain.cmpp import codec, commands, pdus, results
from svc_channel.domain.cmpp.authenticator import authenticate_ismg, authenticate_source, is_same
from svc_channel.domain.cmpp.errors import BrokenStream, MalformedPdu
from svc_channel.domain.cmpp.framer import Framer
from svc_channel.domain.cmpp.message_ids import LAST_SEQUENCE, MessageId, id_text
from svc_channel.domain.smpp.pdus import ESM_UDHI
from svc_channel.simulators.ismg.deliveries import render_owed
from svc_channel.simulators.ismg.settings import IsmgSettings
from svc_channel.simulators.messages.exchange import Exchange
from svc_channel.simulators.messages.journal import Accepted
from svc_channel.simulators.messages.mailbox import Owed
from svc_channel.simulators.messages.session import ClientSession

# N of the specification: so many active tests without a sign of life end a connection.
_ACTIVE_TESTS: Final = 3


class IsmgSession(ClientSession):
    """Nothing is spoken before a CONNECT that proves the secret; whoever breaks the order is cut off."""

    def __init__(self, exchange: Exchange, settings: IsmgSettings) -> None:
        super().__init__(exchange, settings, Framer())
        self._settings = settings
        # Until the CONNECT says which; that PDU is the same in all of them.
        self._version = max(settings.versions)
        self._is_connected = False
        # Sequence numbers of submits not answered yet; within one read none is.
        self._open: set[int] = set()
        self._submits = 0
        self._tests = 0
        self._tester: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops asking whether the client lives."""
        if self._tester is not None:
            self._tester.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Any octet is a sign of life; answers that are due at once have all left at the end."""
        self._tests = 0
        super().data_received(data)
        if not self._settings.response_delay_seconds:
            self._open.clear()

    def encode_owed(self, owed: Owed, now: float, sequence: int) -> bytes:
        """A DELIVER in the client's version."""
        return codec.encode(render_owed(owed, now, version=self._version), sequence, version=self._version)

    def take_frame(self, frame: bytes) -> None:
        """Answers one PDU. Raises BrokenStream."""
        try:
            envelope = codec.decode(frame, version=self._version)
        except BrokenStream:
            raise
        except MalformedPdu as error:
            self._refuse(frame, error)
            return
        pdu, sequence = envelope.pdu, envelope.sequence
        if isinstance(pdu, pdus.Connect):
            self._take_connect(pdu, sequence)
        elif not self._is_connected:
            self.exchange.tallies["spoke_unconnected"] += 1
            self.is_closing = True
        elif isinstance(pdu, pdus.Submit):
            self._take_submit(pdu, sequence)
        elif isinstance(pdu, pdus.DeliverResp):
            self.end_delivery(sequence, taken=pdu.result == results.OK)
        elif isinstance(pdu, pdus.ActiveTest):
            self.exchange.tallies["active_tests"] += 1
            self._answer(pdus.ActiveTestResp(), sequence)
        elif isinstance(pdu, pdus.Terminate):
            self._answer(pdus.TerminateResp(), sequence)
            self.is_closing = True

    def _take_connect(self, connect: pdus.Connect, sequence: int) -> None:
        self.exchange.tallies["connects"] += 1
        status = self._check_connect(connect)
        if connect.version in self._settings.versions:
            self._version = connect.version
        proof = authenticate_ismg(status, connect.authenticator, self._settings.secret, version=self._version)
        # An ISMG does not prove itself to whom it does not know.
        answer = pdus.ConnectResp(status=status, version=self._version, **({} if status else {"authenticator": proof}))
        self._answer(answer, sequence)
        if status != results.OK:
            self.exchange.tallies["connects_refused"] += 1
            self.is_closing = True
            return
        self._is_connected = True
        self.exchange.join(self)
        self._test_later()

    def _check_connect(self, connect: pdus.Connect) -> int:
        if self._is_connected:
            return results.CONNECT_OTHER
        if connect.source != self._settings.source:
            return results.CONNECT_WRONG_SOURCE
        expected = authenticate_source(connect.source, self._settings.secret, connect.timestamp)
        if not is_same(connect.authenticator, expected):
            return results.CONNECT_WRONG_SECRET
        return results.OK if connect.version in self._settings.versions else results.CONNECT_VERSION_TOO_HIGH

    def _take_submit(self, submit: pdus.Submit, sequence: int) -> None:
        self._submits += 1
        if self._settings.close_after and self._submits > self._settings.close_after:
            self.is_closing = True
            return
        if sequence in self._open:
            result = results.SEQUENCE_REPEATED
        else:
            self._open.add(sequence)
            result = self._check_submit(submit)
        message_id = self._accept(submit) if result == results.OK else 0
        answer = pdus.SubmitResp(message_id=message_id, result=result)
        if self._settings.response_delay_seconds:
            asyncio.get_running_loop().call_later(
                self._settings.response_delay_seconds, self._answer_late, answer, sequence
            )
        else:
            self._answer(answer, sequence)

    def _check_submit(self, submit: pdus.Submit) -> int:
        if len(self._open) > self._settings.window:
            self.exchange.tallies["window_exceeded"] += 1
            return results.FLOW_CONTROL
        if self.is_too_fast() or self.exchange.is_full:
            self.exchange.tallies["flow_control"] += 1
            return results.FLOW_CONTROL
        if submit.message_source != self._settings.source:
            return results.WRONG_MESSAGE_SOURCE
        if not 1 <= submit.number <= submit.total:
            return results.WRONG_STRUCTURE
        # Each number has a report of its own under one id; this simulator keeps to one.
        [*others, destination] = submit.destinations
        if others or not destination.isdecimal():
            return results.WRONG_DESTINATION
        return next((result for digits, result in self._settings.results if destination.endswith(digits)), results.OK)

    def _accept(self, submit: pdus.Submit) -> int:
        """Takes one message and gives its id; durable after the exchange's commit."""
        exchange, [destination] = self.exchange, submit.destinations
        now = exchange.now()
        local = datetime.fromtimestamp(now, commands.BEIJING)
        message_id = MessageId.at(
            local, gateway=self._settings.gateway, sequence=exchange.next_number & LAST_SEQUENCE
        ).number
        exchange.accept(
            Accepted(
                message_id=id_text(message_id),
                at=now,
                source=submit.service_number,
                destination=destination,
                data_coding=submit.message_format,
                esm_class=ESM_UDHI if submit.has_header else 0,
                short_message=submit.content,
                receipt_wanted=submit.report_wanted,
                state=exchange.outcome(destination),
            )
        )
        return message_id

    def _refuse(self, frame: bytes, error: MalformedPdu) -> None:
        command, sequence = codec.read_header(frame)
        if command == commands.SUBMIT and self._is_connected:
            self._answer(pdus.SubmitResp(message_id=0, result=error.result), sequence)
        elif command == commands.CONNECT:
            self._answer(pdus.ConnectResp(status=results.WRONG_STRUCTURE, version=self._version), sequence)
            self.is_closing = True

    def _answer(self, pdu: pdus.Pdu, sequence: int) -> None:
        self.write(codec.encode(pdu, sequence, version=self._version))

    def _answer_late(self, pdu: pdus.Pdu, sequence: int) -> None:
        self._open.discard(sequence)
        self._answer(pdu, sequence)
        self.flush()

    def _test_later(self) -> None:
        if self._settings.active_test_seconds:
            loop = asyncio.get_running_loop()
            self._tester = loop.call_later(self._settings.active_test_seconds, self._test)

    def _test(self) -> None:
        if self._tests >= _ACTIVE_TESTS:
            self.exchange.tallies["silent_clients"] += 1
            self.close()
            return
        self._tests += 1
        self._answer(pdus.ActiveTest(), self.take_sequence())
        self.flush()
        self._test_later()
