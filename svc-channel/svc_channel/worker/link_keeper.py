"""Keeps one line up and runs the sender and the booker on it; an absent peer is waited for, quietly."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from carillon_chassis.clock import Clock
from svc_channel.adapters.line import Line, LineRefused, LinkLost, Peer
from svc_channel.domain.backoff import SOUND_AFTER_SECONDS, pause_after
from svc_channel.worker.booker import Booker
from svc_channel.worker.instruments import Instruments
from svc_channel.worker.sender import Sender
from svc_channel.worker.wire import Token

# How long a stopping process waits for answers on the wire, and then for the database.
DRAIN_SECONDS = 2.0
BOOK_SECONDS = 2.0

logger = logging.getLogger(__name__)


class LinkKeeper:
    """Connects, serves, and connects again, for ever."""

    def __init__(
        self,
        *,
        peer: Peer[Token],
        sender: Sender,
        booker: Booker,
        instruments: Instruments,
        clock: Clock,
        draw: Callable[[], float],
        may_send: Callable[[], Awaitable[None]],
    ) -> None:
        self._peer = peer
        self._sender = sender
        self._booker = booker
        self._instruments = instruments
        self._clock = clock
        self._draw = draw
        self._may_send = may_send
        self.bound_since: datetime | None = None
        """Since when the peer can tell us something; None while no link is up."""
        self._link: Line[Token] | None = None
        instruments.watch_line(peer.name, in_flight=self._in_flight, is_up=lambda: self.bound_since is not None)

    @property
    def name(self) -> str:
        """The line's name."""
        return self._peer.name

    async def run(self) -> None:
        """Never returns; when it is cancelled it unbinds in good order.

        A sound line that is lost is opened again at once; what fails after that waits longer each time, and by a drawn
        share, so that lines cut off together don't all come back in one moment.
        """
        await self._may_send()
        failures = 0
        while True:
            await asyncio.sleep(pause_after(failures, drawn=self._draw()))
            try:
                self._link = await self._peer.open()
            except (LinkLost, LineRefused) as error:
                # One line when it goes away and none while it stays away.
                logger.log(logging.DEBUG if failures else logging.WARNING, "no line to %s: %s", self.name, error)
                failures += 1
                await asyncio.sleep(error.wait_seconds if isinstance(error, LineRefused) else 0.0)
                continue
            logger.info("bound to %s", self.name)
            since = self.bound_since = self._clock.now()
            try:
                await self._serve(self._link)
            finally:
                self.bound_since = None
            stood = (self._clock.now() - since).total_seconds()
            failures = 0 if stood >= SOUND_AFTER_SECONDS else failures + 1

    async def _serve(self, link: Line[Token]) -> None:
        """Runs both halves until the link is lost, and books what that leaves open."""
        sending = asyncio.create_task(self._sender.run(link))
        booking = asyncio.create_task(self._booker.run(link))
        try:
            await asyncio.wait([sending, booking], return_when=asyncio.FIRST_EXCEPTION)
        except asyncio.CancelledError:
            await self._stop(link, sending, booking)
            raise
        try:
            await _cancelled(sending)
            await booking
        except LinkLost as lost:
            logger.warning("the line to %s is lost: %s", self.name, lost)
            self._instruments.count_link_lost(self.name, lost.reason)
            await self._booker.book_open(lost.in_doubt)
        finally:
            booking.cancel()

    async def _stop(self, link: Line[Token], sending: "asyncio.Task[None]", booking: "asyncio.Task[None]") -> None:
        """Lets the wire run dry, so that a planned stop leaves nothing in doubt."""
        await _cancelled(sending)
        in_doubt = await link.unbind(drain_seconds=DRAIN_SECONDS)
        with suppress(TimeoutError, LinkLost):
            async with asyncio.timeout(BOOK_SECONDS):
                await booking
        await _cancelled(booking)
        with suppress(TimeoutError):
            async with asyncio.timeout(BOOK_SECONDS):
                await self._booker.book_open(in_doubt)

    def _in_flight(self) -> int:
        return self._link.in_flight if self._link is not None else 0


async def _cancelled(task: "asyncio.Task[None]") -> None:
    """Returns when the task has ended; an error of its own other than the link's is a bug and is raised."""
    task.cancel()
    try:
        await task
    except (asyncio.CancelledError, LinkLost):
        return
