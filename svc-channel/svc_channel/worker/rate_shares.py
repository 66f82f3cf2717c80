"""Gives this process its share of every rate, by how many processes send beside it; it must not send anything.

Each process counts what it sends by itself, so a limit holds over all of them only when each keeps to its part of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from carillon_chassis.periodic import Periodic
from svc_channel.worker.pacing import PaceKeeper
from svc_channel.worker.quotas import Quotas

# How often the senders are counted.
LOOK_SECONDS = 1.0
# A newcomer that is not alone sends nothing for so long, until all others have counted it and gone down to their share.
NOTICE_SECONDS = 2 * LOOK_SECONDS

logger = logging.getLogger(__name__)


class RateShares:
    """Looks who sends, again and again; ``known`` returns once this process may send at its share."""

    def __init__(
        self, *, count_senders: Callable[[], Awaitable[int]], paces: Sequence[PaceKeeper], quotas: Quotas
    ) -> None:
        self._count_senders = count_senders
        self._paces = paces
        self._quotas = quotas
        self._senders = 0
        self.are_needed = quotas.are_limited or any(pace.is_limited for pace in paces)
        """Whether there is any limit to share."""
        self._known = asyncio.Event()
        if not self.are_needed:
            self._known.set()

    async def run(self) -> None:
        """Looks for ever."""
        await Periodic(self.step, name="the shares of rates", pause_seconds=LOOK_SECONDS).run()

    async def known(self) -> None:
        """Returns once the share is known, at once where nothing is limited."""
        await self._known.wait()

    async def step(self) -> None:
        """One look."""
        senders = await self._count_senders()
        if senders != self._senders:
            logger.info("%d processes send; each keeps to its share of the rates", senders)
            if not self._senders and senders > 1:
                await asyncio.sleep(NOTICE_SECONDS)
            self._senders = senders
            for pace in self._paces:
                pace.share(among=senders)
            self._quotas.share(among=senders)
        self._known.set()
