"""One connected CMPP link of a service provider to an ISMG, as a line (CHN-06); must not reconnect, store or pace.

The caller runs two tasks on one link: one submits, one receives. Answers and deliveries gather while the caller
works, so each receive hands over a batch that is booked in one transaction; deliveries are responded to only then.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Generic, Self

from svc_channel.adapters.cmpp_messages import read_answer, read_delivery, write_submit
from svc_channel.adapters.cmpp_session import CmppSession
from svc_channel.adapters.cmpp_values import CmppSettings, ConnectRefused
from svc_channel.adapters.line import (
    LineAnswer,
    LineDelivery,
    LineReceived,
    LinkLost,
    OutgoingPart,
    PartRefused,
    Token,
)
from svc_channel.adapters.submit_window import SubmitWindow
from svc_channel.domain.cmpp import codec, pdus, results
from svc_channel.domain.cmpp.authenticator import authenticate_source, timestamp_of, verify_ismg
from svc_channel.domain.cmpp.errors import MalformedPdu
from svc_channel.domain.sequences import FIRST_SEQUENCE, SequenceNumbers
from svc_channel.domain.submission import Answer


class CmppLink(Generic[Token]):
    """A connected link. Tokens are the caller's own names for its submits and are never looked into.

    Life: ``link = await CmppLink.connect(settings, now=...)``, then submit/receive/respond, then
    ``await link.unbind(...)``; or at any time LinkLost, after which the link is of no use.
    """

    def __init__(self, settings: CmppSettings, *, first_sequence: int = FIRST_SEQUENCE) -> None:
        self._settings = settings
        self._sequences = SequenceNumbers(first_sequence)
        self._window: SubmitWindow[Token] = SubmitWindow(size=settings.window, sequences=self._sequences)
        self._answers: list[LineAnswer[Token]] = []
        self._deliveries: list[LineDelivery] = []
        # Message ids of deliveries not responded to yet, by sequence number: the answer repeats the id.
        self._unresponded: dict[int, int] = {}
        self._arrived: asyncio.Event = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._connected: asyncio.Future[pdus.ConnectResp] = loop.create_future()
        self._terminated: asyncio.Future[None] = loop.create_future()
        self._loss: LinkLost[Token] | None = None
        self._session = CmppSession(self, settings, next_sequence=self._take_sequence)

    @classmethod
    async def connect(
        cls, settings: CmppSettings, *, now: Callable[[], datetime], first_sequence: int = FIRST_SEQUENCE
    ) -> Self:
        """Opens TCP and connects; ``now`` gives aware times.

        Raises ConnectRefused when the ISMG says no or does not know the secret, LinkLost (CONNECT_FAILED,
        CONNECTION_LOST) when it is not there.
        """
        link = cls(settings, first_sequence=first_sequence)
        try:
            async with asyncio.timeout(settings.connect_timeout_seconds):
                await link._connect(timestamp_of(now().astimezone(settings.zone)))
        except (OSError, TimeoutError) as error:
            link._session.lose("CONNECT_FAILED", str(error))
            where = f"{settings.host}:{settings.port}"
            raise LinkLost(reason="CONNECT_FAILED", detail=f"{where}: {str(error) or 'no answer in time'}") from error
        except BaseException:
            link._session.lose("CONNECT_FAILED", "the connect did not complete")
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

    async def submit(self, token: Token, part: OutgoingPart) -> None:
        """Puts one part on the wire as soon as the window has a place; its answer comes out of receive.

        Returns without waiting while there is room, so many submits in a row leave in one write. Raises LinkLost when
        the link is over (this part did not go out), and PartRefused for what no SUBMIT of this version can hold.
        """
        submit = write_submit(part, self._settings)
        while not self._may_submit():
            await self._window.wait()
        sequence = self._window.enter(token, asyncio.get_running_loop().time())
        try:
            self._session.write(submit, sequence)
        except MalformedPdu as error:
            self._window.leave(sequence)
            raise PartRefused(reason=error.reason, detail=error.detail) from error

    async def receive(self) -> LineReceived[Token]:
        """Waits until something has come and hands over all of it; one task at a time may wait here.

        After the link's end: first what was left, then LinkLost with every submit in doubt, at each call.
        """
        while not (self._answers or self._deliveries):
            if self._loss is not None:
                raise self._loss
            self._arrived.clear()
            await self._arrived.wait()
        # Both sides of CMPP have the same window.
        is_pressing = len(self._unresponded) >= self._settings.window
        received: LineReceived[Token] = LineReceived(self._answers, self._deliveries, is_pressing=is_pressing)
        self._answers, self._deliveries = [], []
        self._window.wake()
        return received

    def respond(self, deliveries: Iterable[LineDelivery], *, kept: bool = True) -> None:
        """Answers deliveries after they are durable, or (not ``kept``) with flow control, to have them again later.

        Does nothing for one already answered or on a lost link: the ISMG then sends it again on the next connect.
        """
        result = results.OK if kept else results.FLOW_CONTROL
        for delivery in deliveries:
            message_id = self._unresponded.pop(delivery.handle, None)
            if message_id is not None:
                self._session.write(pdus.DeliverResp(message_id=message_id, result=result), delivery.handle)

    async def unbind(self, *, drain_seconds: float = 5.0) -> tuple[Token, ...]:
        """Ends in good order: waits for open answers, terminates, closes; gives the tokens still in doubt.

        The caller stops submitting first; what has come is still there to receive, after it LinkLost (UNBOUND).
        """
        try:
            async with asyncio.timeout(drain_seconds):
                while len(self._window) and self._loss is None:
                    await self._window.wait()
                if self._loss is None:
                    self._session.write(pdus.Terminate(), self._take_sequence())
                    await self._terminated
        except TimeoutError:
            pass  # the peer does not answer; closing is all that is left, and in_doubt tells what it leaves open
        self._session.lose("UNBOUND", "terminated by us")
        return self._loss.in_doubt if self._loss else ()

    def on_pdu(self, envelope: codec.Envelope) -> None:
        """From the session: books an answer or a delivery; what an ISMG never sends is passed over."""
        pdu = envelope.pdu
        if isinstance(pdu, pdus.SubmitResp):
            left = self._window.leave(envelope.sequence)
            if left is not None:
                self._answers.append(read_answer(left[0], pdu))
        elif isinstance(pdu, pdus.Deliver):
            self._book_delivery(envelope.sequence, pdu)
        elif isinstance(pdu, pdus.ConnectResp):
            if not self._connected.done():
                self._connected.set_result(pdu)
        elif isinstance(pdu, pdus.TerminateResp) and not self._terminated.done():
            self._terminated.set_result(None)

    def on_batch_end(self) -> None:
        """From the session: lets the caller's tasks see what came."""
        if self._answers or self._deliveries:
            self._arrived.set()
        self._window.wake()

    def on_tick(self, now: float) -> None:
        """From the session: puts submits without an answer in doubt."""
        expired = self._window.leave_older_than(now - self._settings.response_timeout_seconds)
        if expired:
            self._answers.extend(LineAnswer(token, Answer.LOST) for token in expired)
            self.on_batch_end()

    def on_lost(self, reason: str, detail: str) -> None:
        """From the session: everything open is in doubt."""
        self._loss = LinkLost(reason=reason, detail=detail, in_doubt=self._window.leave_all())
        self._unresponded.clear()
        if not self._connected.done():
            self._connected.set_exception(self._loss)
            self._connected.exception()  # marks it as seen where nobody waits for the connect any more
        if not self._terminated.done():
            self._terminated.set_result(None)
        self._arrived.set()
        self._window.wake()

    async def _connect(self, timestamp: int) -> None:
        settings = self._settings
        authenticator = authenticate_source(settings.source, settings.secret, timestamp)
        connect = pdus.Connect(
            source=settings.source, authenticator=authenticator, version=settings.version, timestamp=timestamp
        )
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self._session, settings.host, settings.port)
        self._session.write(connect, self._take_sequence())
        answer = await self._connected
        is_ours = not settings.checks_ismg or verify_ismg(
            answer.authenticator, answer.status, authenticator, settings.secret, version=settings.version
        )
        if answer.status != results.OK or not is_ours:
            raise ConnectRefused(status=answer.status, wait_seconds=settings.refused_wait_seconds)

    def _may_submit(self) -> bool:
        if self._loss is not None:
            raise LinkLost(reason=self._loss.reason, detail=self._loss.detail)
        unread = len(self._answers)
        return self._window.has_room and self._session.writable and unread < self._settings.answer_limit

    def _take_sequence(self) -> int:
        return self._sequences.take(self._window)

    def _book_delivery(self, sequence: int, message: pdus.Deliver) -> None:
        if len(self._unresponded) >= self._settings.delivery_limit:
            refusal = pdus.DeliverResp(message_id=message.message_id, result=results.FLOW_CONTROL)
            self._session.write(refusal, sequence)
            return
        self._unresponded[sequence] = message.message_id
        self._deliveries.append(read_delivery(sequence, message))
