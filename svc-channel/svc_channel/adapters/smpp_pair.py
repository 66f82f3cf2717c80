"""A transmitter and a receiver bound side by side, as one link; must not outlive either of them."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Generic, Self

from svc_channel.adapters.smpp_link import SmppLink
from svc_channel.adapters.smpp_values import Delivery, LinkLost, LinkSettings, Received, Token
from svc_channel.domain.smpp import commands, pdus, statuses


class SmppPair(Generic[Token]):
    """Submits go out and are answered by the transmitter; deliveries come by the receiver.

    The end of either is the end of both: a message whose receipt can't come back had better not go out.
    """

    def __init__(self, transmitter: SmppLink[Token], receiver: SmppLink[Token]) -> None:
        self._transmitter = transmitter
        self._receiver = receiver
        self._waiting: dict[SmppLink[Token], asyncio.Task[Received[Token]]] = {}
        self._first_loss: LinkLost[Token] | None = None

    @classmethod
    async def connect(cls, settings: LinkSettings) -> Self:
        """Binds the receiver first, so that no receipt finds nobody. Raises BindRefused or LinkLost."""
        receiver: SmppLink[Token] = await SmppLink.connect(replace(settings, bind=commands.BIND_RECEIVER))
        try:
            transmitter: SmppLink[Token] = await SmppLink.connect(replace(settings, bind=commands.BIND_TRANSMITTER))
        except BaseException:
            receiver.break_off("the transmitter did not come up")
            raise
        return cls(transmitter, receiver)

    @property
    def in_flight(self) -> int:
        """Submits on the wire without an answer."""
        return self._transmitter.in_flight

    @property
    def lost(self) -> bool:
        """True once either is over."""
        return self._transmitter.lost or self._receiver.lost

    async def submit(self, token: Token, message: pdus.SubmitSm) -> None:
        """As SmppLink.submit; raises LinkLost once the receiver is over too."""
        if self._receiver.lost:
            self._break_off_both()
        await self._transmitter.submit(token, message)

    async def receive(self) -> Received[Token]:
        """Whatever came by either. After the end of either: what was left, then LinkLost with every submit in doubt."""
        links = (self._transmitter, self._receiver)
        try:
            for link in links:
                if link not in self._waiting:
                    self._waiting[link] = asyncio.create_task(link.receive())
            await asyncio.wait(self._waiting.values(), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            for task in self._waiting.values():
                task.cancel()
            self._waiting.clear()
            raise
        received: Received[Token] = Received([], [])
        for link in links:
            if not self._waiting[link].done():
                continue
            try:
                more = await self._waiting.pop(link)
            except LinkLost as loss:
                self._first_loss = self._first_loss or loss
            else:
                received.answers.extend(more.answers)
                received.deliveries.extend(more.deliveries)
        if received.answers or received.deliveries:
            return received
        return await self._end()

    def respond(self, deliveries: Iterable[Delivery], *, status: int = statuses.OK) -> None:
        """Answers deliveries, which all came by the receiver."""
        self._receiver.respond(deliveries, status=status)

    async def unbind(self, *, drain_seconds: float = 5.0) -> tuple[Token, ...]:
        """Ends both in good order, the transmitter first; gives the tokens still in doubt."""
        in_doubt = await self._transmitter.unbind(drain_seconds=drain_seconds)
        await self._receiver.unbind(drain_seconds=drain_seconds)
        return in_doubt

    async def _end(self) -> Received[Token]:
        """Ends the other one as well; hands out what it still has before the loss is told."""
        self._break_off_both()
        other = self._waiting.pop(self._transmitter, None) or asyncio.create_task(self._transmitter.receive())
        try:
            return await other
        except LinkLost as loss:
            first = self._first_loss or loss
            raise LinkLost(reason=first.reason, detail=first.detail, in_doubt=loss.in_doubt) from loss

    def _break_off_both(self) -> None:
        self._transmitter.break_off("the receiver is lost")
        self._receiver.break_off("the transmitter is lost")
