"""One ESME's connection to the simulator: SMPP in, SMPP out; must not keep messages, which the exchange does."""

import asyncio
import hmac
from collections import Counter
from typing import Final

from svc_channel.domain.framer import UnframedStream
from svc_channel.domain.smpp import codec, commands, pdus, statuses
from svc_channel.domain.smpp.errors import BrokenStream, MalformedPdu
from svc_channel.domain.smpp.framer import Framer
from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.domain.smpp.tlvs import SC_INTERFACE_VERSION
from svc_channel.domain.smpp.ussd import SERVICE_TYPE, read_ussd
from svc_channel.domain.text.decoding import decode_text
from svc_channel.simulators.messages.exchange import Exchange
from svc_channel.simulators.messages.journal import Accepted
from svc_channel.simulators.messages.mailbox import Owed
from svc_channel.simulators.messages.session import ClientSession
from svc_channel.simulators.smsc.deliveries import render_owed
from svc_channel.simulators.smsc.settings import SmscSettings

_SENDERS: Final = frozenset({commands.BIND_TRANSMITTER, commands.BIND_TRANSCEIVER})
_RECEIVERS: Final = frozenset({commands.BIND_RECEIVER, commands.BIND_TRANSCEIVER})
_VERSION: Final = ((SC_INTERFACE_VERSION, bytes((pdus.INTERFACE_VERSION,))),)
_SYSTEM_ID: Final = "carillon-sim"
# The two lowest bits of registered_delivery ask for a final receipt: 1 always, 2 on failure.
_ON_FAILURE: Final = 0x02
_RECEIPT_BITS: Final = 0x03


class SmscSession(ClientSession):
    """One ESME: binds, submits, and the deliveries it answers."""

    def __init__(self, exchange: Exchange, settings: SmscSettings) -> None:
        super().__init__(exchange, settings, Framer())
        self._settings = settings
        self._bound_as: int | None = None
        self._throttled: Counter[str] = Counter()

    def refuse_stream(self, error: UnframedStream) -> None:
        """A generic_nack, the last word."""
        if isinstance(error, BrokenStream):
            self._answer(pdus.GenericNack(), 0, error.status)

    def encode_owed(self, owed: Owed, now: float, sequence: int) -> bytes:
        """A deliver_sm."""
        return codec.encode(render_owed(owed, now), sequence)

    def take_frame(self, frame: bytes) -> None:
        """Answers one PDU."""
        try:
            envelope = codec.decode(frame)
        except BrokenStream:
            raise
        except MalformedPdu as error:
            self._refuse(frame, error)
            return
        pdu, sequence = envelope.pdu, envelope.sequence
        if isinstance(pdu, pdus.SubmitSm):
            self._take_submit(pdu, sequence)
        elif isinstance(pdu, (pdus.DeliverSmResp, pdus.GenericNack)):
            self.end_delivery(sequence, taken=isinstance(pdu, pdus.DeliverSmResp) and envelope.status == statuses.OK)
        elif isinstance(pdu, pdus.EnquireLink):
            self._answer(pdus.EnquireLinkResp(), sequence)
        elif isinstance(pdu, pdus.Bind):
            self._take_bind(pdu, sequence)
        elif isinstance(pdu, pdus.Unbind):
            self._answer(pdus.UnbindResp(), sequence)
            self.is_closing = True
        elif isinstance(pdu, pdus.DeliverSm):
            self._answer(pdus.GenericNack(), sequence, statuses.INVALID_COMMAND_ID)

    def _take_bind(self, bind: pdus.Bind, sequence: int) -> None:
        resp = pdus.BindResp(command=bind.command | commands.RESPONSE_BIT, system_id=_SYSTEM_ID, tlvs=_VERSION)
        status = self._check_bind(bind)
        self._answer(resp, sequence, status)
        if status == statuses.OK:
            self._bound_as = bind.command
            if bind.command in _RECEIVERS:
                self.exchange.join(self)

    def _check_bind(self, bind: pdus.Bind) -> int:
        if self._bound_as is not None:
            return statuses.ALREADY_BOUND
        if bind.system_id != self._settings.system_id:
            return statuses.INVALID_SYSTEM_ID
        if not hmac.compare_digest(bind.password, self._settings.password):
            return statuses.INVALID_PASSWORD
        return statuses.OK

    def _take_submit(self, submit: pdus.SubmitSm, sequence: int) -> None:
        message_id = ""
        if self._bound_as not in _SENDERS:
            status = statuses.INCORRECT_BIND_STATUS
        elif self.is_too_fast():
            status = statuses.THROTTLED
            self._count_throttled(submit.destination)
        else:
            status, message_id = self._accept(submit)
        resp = pdus.SubmitSmResp(message_id=message_id)
        if self._settings.response_delay_seconds:
            asyncio.get_running_loop().call_later(
                self._settings.response_delay_seconds, self._answer_late, resp, sequence, status
            )
        else:
            self._answer(resp, sequence, status)

    def _count_throttled(self, destination: str) -> None:
        """For the stats: how often in all, and how often at most for one number."""
        self._throttled[destination] += 1
        tallies = self.exchange.tallies
        tallies["throttled"] += 1
        tallies["most_throttled"] = max(tallies["most_throttled"], self._throttled[destination])

    def _accept(self, submit: pdus.SubmitSm) -> tuple[int, str]:
        """Takes one message: its status and, with OK, its id; durable after the exchange's commit."""
        exchange = self.exchange
        if not submit.destination.isdecimal():
            return statuses.INVALID_DESTINATION, ""
        if exchange.is_full:
            return statuses.MESSAGE_QUEUE_FULL, ""
        state = exchange.outcome(submit.destination)
        accepted = Accepted(
            message_id=f"{exchange.next_number:010d}",
            at=exchange.now(),
            source=submit.source,
            destination=submit.destination,
            data_coding=submit.data_coding,
            esm_class=submit.esm_class,
            short_message=submit.payload,
            receipt_wanted=_wants_receipt(submit.registered_delivery, state),
            state=state,
        )
        exchange.accept(accepted)
        if submit.service_type == SERVICE_TYPE:
            self._show(submit)
        return statuses.OK, accepted.message_id

    def _show(self, submit: pdus.SubmitSm) -> None:
        """Puts a USSD screen on the phone, strictly: one without its session would be shown to nobody."""
        info = read_ussd(submit.tlvs, text="")
        text = decode_text(submit.payload, data_coding=submit.data_coding, has_header=False).text
        screen = {"text": text, "operation": info.operation, "sequence": info.sequence, "ends": info.is_last}
        self.exchange.screens.setdefault((submit.destination, info.session), []).append(screen)

    def _refuse(self, frame: bytes, error: MalformedPdu) -> None:
        command, _, sequence = codec.read_header(frame)
        if command & commands.RESPONSE_BIT:
            return
        if command == commands.SUBMIT_SM:
            self._answer(pdus.SubmitSmResp(), sequence, error.status)
        elif command in _SENDERS | _RECEIVERS:
            self._answer(pdus.BindResp(command=command | commands.RESPONSE_BIT), sequence, error.status)
        else:
            self._answer(pdus.GenericNack(), sequence, error.status)

    def _answer(self, pdu: pdus.Pdu, sequence: int, status: int = statuses.OK) -> None:
        self.write(codec.encode(pdu, sequence, status))

    def _answer_late(self, pdu: pdus.Pdu, sequence: int, status: int) -> None:
        self._answer(pdu, sequence, status)
        self.flush()


def _wants_receipt(registered_delivery: int, state: MessageState) -> bool:
    wanted = registered_delivery & _RECEIPT_BITS
    return wanted == pdus.REGISTERED_RECEIPT or (wanted == _ON_FAILURE and state is not MessageState.DELIVERED)
