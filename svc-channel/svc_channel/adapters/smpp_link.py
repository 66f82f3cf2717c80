"""One bound SMPP 3.4 link of an ESME to an SMSC; must not reconnect, retry, store or pace: its caller decides those.

The caller runs two tasks on one link: one submits, one receives. Answers and deliveries gather while the caller
works, so each receive hands over a batch that is booked in one transaction; deliveries are responded to only then.
"""

import asyncio
from collections.abc import Iterable
from typing import Generic, Self

from svc_channel.adapters.smpp_session import SmppSession
from svc_channel.adapters.smpp_values import (
    BindRefused,
    Delivery,
    LinkLost,
    LinkSettings,
    Received,
    SubmitAnswer,
    Token,
)
from svc_channel.adapters.submit_window import SubmitWindow
from svc_channel.domain.sequences import FIRST_SEQUENCE, SequenceNumbers
from svc_channel.domain.smpp import codec, pdus, statuses

__all__ = ["BindRefused", "Delivery", "LinkLost", "LinkSettings", "Received", "SmppLink", "SubmitAnswer"]


class SmppLink(Generic[Token]):
    """A bound session. Tokens are the caller's own names for its submits and are never looked into.

    Life: ``link = await SmppLink.connect(settings)``, then submit/receive/respond, then ``await link.unbind()``;
    or at any time LinkLost, after which the link is of no use and the caller connects a new one.
    """

    def __init__(self, settings: LinkSettings, *, first_sequence: int = FIRST_SEQUENCE) -> None:
        self._settings = settings
        self._sequences = SequenceNumbers(first_sequence)
        self._window: SubmitWindow[Token] = SubmitWindow(size=settings.window, sequences=self._sequences)
        self._answers: list[SubmitAnswer[Token]] = []
        self._deliveries: list[Delivery] = []
        self._unresponded: set[int] = set()
        self._arrived: asyncio.Event = asyncio.Event()
        self._bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._unbound: asyncio.Future[None] | None = None
        self._loss: LinkLost[Token] | None = None
        self._session = SmppSession(
            self,
            next_sequence=self._take_sequence,
            enquire_link_seconds=settings.enquire_link_seconds,
            response_timeout_seconds=settings.response_timeout_seconds,
        )

    @classmethod
    async def connect(cls, settings: LinkSettings, *, first_sequence: int = FIRST_SEQUENCE) -> Self:
        """Opens TCP and binds, as a transceiver unless the settings say otherwise.

        Raises BindRefused when the SMSC says no, LinkLost (CONNECT_FAILED, CONNECTION_LOST) when it is not there.
        """
        link = cls(settings, first_sequence=first_sequence)
        try:
            async with asyncio.timeout(settings.bind_timeout_seconds):
                await link._bind()
        except (OSError, TimeoutError) as error:
            link._session.lose("CONNECT_FAILED", str(error))
            where = f"{settings.host}:{settings.port}"
            raise LinkLost(reason="CONNECT_FAILED", detail=f"{where}: {str(error) or 'no answer in time'}") from error
        except BaseException:
            link._session.lose("CONNECT_FAILED", "the bind did not complete")
            raise
        return link

    @property
    def in_flight(self) -> int:
        """Submits on the wire without an answer."""
        return len(self._window)

    @property
    def lost(self) -> bool:
        """True once the link is over; receive still hands out what came before, then raises LinkLost."""
        return self._loss is not None

    async def submit(self, token: Token, message: pdus.SubmitSm) -> None:
        """Puts one message on the wire as soon as the window has a place; its answer comes out of receive.

        Returns without waiting while there is room, so many submits in a row leave in one write. Raises LinkLost when
        the link is over: this message did not go out (its token is not in ``in_doubt``), and MalformedPdu for a value
        no PDU can hold.
        """
        while not self._may_submit():
            await self._window.wait()
        sequence = self._window.enter(token, asyncio.get_running_loop().time())
        try:
            frame = codec.encode(message, sequence)
        except BaseException:
            self._window.leave(sequence)
            raise
        self._session.send(frame)

    async def receive(self) -> Received[Token]:
        """Waits until something has come and hands over all of it; one task at a time may wait here.

        After the link's end: first what was left, then LinkLost with every submit in doubt, at each call.
        """
        while not (self._answers or self._deliveries):
            if self._loss is not None:
                raise self._loss
            self._arrived.clear()
            await self._arrived.wait()
        received: Received[Token] = Received(self._answers, self._deliveries)
        self._answers, self._deliveries = [], []
        self._window.wake()
        return received

    def respond(self, deliveries: Iterable[Delivery], *, status: int = statuses.OK) -> None:
        """Answers deliveries, after they are durable (OK) or to have them again later (MESSAGE_QUEUE_FULL, ...).

        Does nothing for one already answered or on a lost link: the SMSC then sends it again on the next bind.
        """
        for delivery in deliveries:
            if delivery.sequence in self._unresponded:
                self._unresponded.discard(delivery.sequence)
                self._session.send(codec.encode(pdus.DeliverSmResp(), delivery.sequence, status))

    async def unbind(self, *, drain_seconds: float = 5.0) -> tuple[Token, ...]:
        """Ends in good order: waits for open answers, unbinds, closes; gives the tokens still in doubt.

        The caller stops submitting first; what has come is still there to receive, after it LinkLost (UNBOUND).
        """
        try:
            async with asyncio.timeout(drain_seconds):
                while len(self._window) and self._loss is None:
                    await self._window.wait()
                if self._loss is None:
                    self._unbound = asyncio.get_running_loop().create_future()
                    self._session.send(codec.encode(pdus.Unbind(), self._take_sequence()))
                    await self._unbound
        except TimeoutError:
            pass  # the peer does not answer; closing is all that is left, and in_doubt tells what it leaves open
        self._session.lose("UNBOUND", "unbound by us")
        return self._loss.in_doubt if self._loss else ()

    def break_off(self, detail: str) -> None:
        """Ends it at once, without a word to the SMSC; what is open is in doubt."""
        self._session.lose("UNBOUND", detail)

    def on_pdu(self, envelope: codec.Envelope) -> None:
        """From the session: books an answer or a delivery."""
        pdu = envelope.pdu
        if isinstance(pdu, pdus.SubmitSmResp):
            self._book_answer(envelope.sequence, envelope.status, pdu.message_id)
        elif isinstance(pdu, pdus.DeliverSm):
            self._book_delivery(envelope.sequence, pdu)
        elif isinstance(pdu, pdus.GenericNack):
            if not self._bound.done():
                self._bound.set_result(envelope.status or statuses.BIND_FAILED)
            self._book_answer(envelope.sequence, envelope.status or statuses.SYSTEM_ERROR, "")
        elif isinstance(pdu, pdus.BindResp):
            if not self._bound.done():
                self._bound.set_result(envelope.status)
        elif isinstance(pdu, pdus.UnbindResp):
            if self._unbound is not None and not self._unbound.done():
                self._unbound.set_result(None)
        elif isinstance(pdu, (pdus.SubmitSm, pdus.Bind)):
            self._session.send(codec.encode(pdus.GenericNack(), envelope.sequence, statuses.INVALID_COMMAND_ID))

    def on_batch_end(self) -> None:
        """From the session: lets the caller's tasks see what came."""
        if self._answers or self._deliveries:
            self._arrived.set()
        self._window.wake()

    def on_tick(self, now: float) -> None:
        """From the session: puts submits without an answer in doubt."""
        expired = self._window.leave_older_than(now - self._settings.response_timeout_seconds)
        if expired:
            self._answers.extend(SubmitAnswer(token, None) for token in expired)
            self.on_batch_end()

    def on_lost(self, reason: str, detail: str) -> None:
        """From the session: everything open is in doubt."""
        self._loss = LinkLost(reason=reason, detail=detail, in_doubt=self._window.leave_all())
        self._unresponded.clear()
        if not self._bound.done():
            self._bound.set_exception(self._loss)
            self._bound.exception()  # marks it as seen where nobody waits for the bind any more
        if self._unbound is not None and not self._unbound.done():
            self._unbound.set_result(None)
        self._arrived.set()
        self._window.wake()

    async def _bind(self) -> None:
        settings = self._settings
        bind = pdus.Bind(
            command=settings.bind,
            interface_version=settings.interface_version,
            system_id=settings.system_id,
            password=settings.password,
            system_type=settings.system_type,
            address_range=settings.address_range,
        )
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self._session, settings.host, settings.port)
        self._session.send(codec.encode(bind, self._take_sequence()))
        status = await self._bound
        if status != statuses.OK:
            raise BindRefused(status=status)

    def _may_submit(self) -> bool:
        if self._loss is not None:
            raise LinkLost(reason=self._loss.reason, detail=self._loss.detail)
        unread = len(self._answers)
        return self._window.has_room and self._session.writable and unread < self._settings.answer_limit

    def _take_sequence(self) -> int:
        return self._sequences.take(self._window)

    def _book_answer(self, sequence: int, status: int, message_id: str) -> None:
        left = self._window.leave(sequence)
        if left is not None:
            self._answers.append(SubmitAnswer(left[0], status, message_id))

    def _book_delivery(self, sequence: int, message: pdus.DeliverSm) -> None:
        if len(self._unresponded) >= self._settings.delivery_limit:
            self._session.send(codec.encode(pdus.DeliverSmResp(), sequence, statuses.MESSAGE_QUEUE_FULL))
            return
        self._unresponded.add(sequence)
        self._deliveries.append(Delivery(sequence, message))
