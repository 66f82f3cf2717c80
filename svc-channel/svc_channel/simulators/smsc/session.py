"""One ESME's connection to the simulator: SMPP in, SMPP out; must not keep messages, which the exchange does."""

import asyncio
import hmac
from typing import Final, cast

from svc_channel.domain.sequences import SequenceNumbers
from svc_channel.domain.smpp import codec, commands, pdus, statuses
from svc_channel.domain.smpp.errors import BrokenStream, MalformedPdu
from svc_channel.domain.smpp.framer import Framer
from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.domain.smpp.tlvs import SC_INTERFACE_VERSION
from svc_channel.simulators.messages.exchange import Exchange
from svc_channel.simulators.messages.journal import Accepted
from svc_channel.simulators.messages.mailbox import Owed
from svc_channel.simulators.smsc.deliveries import render_owed
from svc_channel.simulators.smsc.settings import SmscSettings

_SENDERS: Final = frozenset({commands.BIND_TRANSMITTER, commands.BIND_TRANSCEIVER})
_RECEIVERS: Final = frozenset({commands.BIND_RECEIVER, commands.BIND_TRANSCEIVER})
_VERSION: Final = ((SC_INTERFACE_VERSION, bytes((pdus.INTERFACE_VERSION,))),)
_SYSTEM_ID: Final = "carillon-sim"
# The two lowest bits of registered_delivery ask for a final receipt: 1 always, 2 on failure.
_ON_FAILURE: Final = 0x02
_RECEIPT_BITS: Final = 0x03


class SmscSession(asyncio.Protocol):
    """Answers of one read leave in one write, after one journal write."""

    def __init__(self, exchange: Exchange, settings: SmscSettings) -> None:
        self._exchange = exchange
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._framer = Framer()
        self._sequences = SequenceNumbers()
        self._transport: asyncio.Transport | None = None
        self._bound_as: int | None = None
        self._outgoing: list[bytes] = []
        # Deliveries on the wire by sequence number, oldest first.
        self._unanswered: dict[int, tuple[Owed, float]] = {}
        self._writable = True
        self._second, self._taken_in_second = 0, 0

    @property
    def room(self) -> int:
        """Deliveries this session may be given now."""
        return self._settings.deliver_window - len(self._unanswered) if self._writable else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Waits for the bind."""
        # uvloop's transports are no subclasses, they only behave alike.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Takes every whole PDU, makes durable what came of them, then answers."""
        broken = False
        try:
            for frame in self._framer.feed(data):
                self._take(frame)
        except BrokenStream as error:
            self._outgoing.append(codec.encode(pdus.GenericNack(), 0, error.status))
            broken = True
        self._exchange.commit()
        self.flush()
        if broken and self._transport is not None:
            self._transport.close()
        self._exchange.pump()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Gives back what the ESME never answered."""
        self._transport = None
        unanswered = [owed for owed, _ in self._unanswered.values()]
        self._unanswered.clear()
        self._exchange.leave(self, unanswered)

    def pause_writing(self) -> None:
        """The ESME does not read; no deliveries for now."""
        self._writable = False

    def resume_writing(self) -> None:
        """It reads again."""
        self._writable = True
        self._exchange.pump()

    def deliver(self, owed: Owed, now: float) -> None:
        """Puts one delivery on the wire with the next flush; ``now`` is the wall clock's."""
        sequence = self._sequences.take(self._unanswered)
        self._unanswered[sequence] = (owed, self._loop.time())
        self._outgoing.append(codec.encode(render_owed(owed, now), sequence))

    def give_up_older_than(self, moment: float) -> list[Owed]:
        """Forgets deliveries sent before ``moment`` (loop time) and gives them back."""
        late = [sequence for sequence, (_, sent_at) in self._unanswered.items() if sent_at < moment]
        return [self._unanswered.pop(sequence)[0] for sequence in late]

    def flush(self) -> None:
        """Writes what has gathered."""
        if self._outgoing and self._transport is not None:
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()

    def _take(self, frame: bytes) -> None:
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
            self._take_answer(sequence, taken=isinstance(pdu, pdus.DeliverSmResp) and envelope.status == statuses.OK)
        elif isinstance(pdu, pdus.EnquireLink):
            self._answer(pdus.EnquireLinkResp(), sequence)
        elif isinstance(pdu, pdus.Bind):
            self._take_bind(pdu, sequence)
        elif isinstance(pdu, pdus.Unbind):
            self._answer(pdus.UnbindResp(), sequence)
            # After the write of this read's answers.
            self._loop.call_soon(self.close)
        elif isinstance(pdu, pdus.DeliverSm):
            self._answer(pdus.GenericNack(), sequence, statuses.INVALID_COMMAND_ID)

    def _take_bind(self, bind: pdus.Bind, sequence: int) -> None:
        resp = pdus.BindResp(command=bind.command | commands.RESPONSE_BIT, system_id=_SYSTEM_ID, tlvs=_VERSION)
        status = self._check_bind(bind)
        self._answer(resp, sequence, status)
        if status == statuses.OK:
            self._bound_as = bind.command
            if bind.command in _RECEIVERS:
                self._exchange.join(self)

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
        elif self._is_too_fast():
            status = statuses.THROTTLED
        else:
            status, message_id = self._accept(submit)
        resp = pdus.SubmitSmResp(message_id=message_id)
        if self._settings.response_delay_seconds:
            self._loop.call_later(self._settings.response_delay_seconds, self._answer_late, resp, sequence, status)
        else:
            self._answer(resp, sequence, status)

    def _accept(self, submit: pdus.SubmitSm) -> tuple[int, str]:
        """Takes one message: its status and, with OK, its id; durable after the exchange's commit."""
        exchange = self._exchange
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
        return statuses.OK, accepted.message_id

    def _take_answer(self, sequence: int, *, taken: bool) -> None:
        entry = self._unanswered.pop(sequence, None)
        if entry is None:
            return
        if taken:
            self._exchange.acknowledged(entry[0])
        else:
            self._exchange.refused(entry[0])

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
        self._outgoing.append(codec.encode(pdu, sequence, status))

    def _answer_late(self, pdu: pdus.Pdu, sequence: int, status: int) -> None:
        self._answer(pdu, sequence, status)
        self.flush()

    def _is_too_fast(self) -> bool:
        limit = self._settings.throttle_per_second
        if not limit:
            return False
        second = int(self._loop.time())
        if second != self._second:
            self._second, self._taken_in_second = second, 0
        self._taken_in_second += 1
        return self._taken_in_second > limit


def _wants_receipt(registered_delivery: int, state: MessageState) -> bool:
    wanted = registered_delivery & _RECEIPT_BITS
    return wanted == pdus.REGISTERED_RECEIPT or (wanted == _ON_FAILURE and state is not MessageState.DELIVERED)
