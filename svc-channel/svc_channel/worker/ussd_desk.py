"""Has the USSD turns of a line answered on that line, each in a task of its own; decides no screen.

A screen is worth something only to who looks at the phone now: it has no row, waits behind no message, and one that a
link takes down with it is not sent again. The session stands; dialling again resumes it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Final
from uuid import UUID

from carillon_chassis.errors import DomainError
from svc_channel.adapters.line import Line, LinkLost, OutgoingPart, PartRefused
from svc_channel.app.turns import Turns
from svc_channel.domain.inbound import InboundPart
from svc_channel.domain.number import to_address
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.sessions.state import Screen
from svc_channel.domain.sessions.turn import INPUT_LENGTH, Turn, TurnKind
from svc_channel.domain.sessions.words import say
from svc_channel.domain.smpp.ussd import SERVICE_TYPE, UssdInfo, answer_tlvs, encode_screen, read_ussd
from svc_channel.worker.wire import LOOSE, Token

CHANNEL: Final = "ussd"
# A network waits some ten seconds for a screen; who comes when so many are open would wait longer, and is told at once.
OPEN_LIMIT: Final = 5_000

logger = logging.getLogger(__name__)


class UssdDesk:
    """Takes the turns that a booker hands over; one of these a process."""

    def __init__(self, turns: Turns, *, new_id: Callable[[], UUID]) -> None:
        self._turns = turns
        self._new_id = new_id
        self._open: set[asyncio.Task[None]] = set()

    async def take(self, name: str, line: Line[Token], parts: Sequence[InboundPart]) -> None:
        """Turns of the line of that name; returns at once. Two lines may use one session number at a time."""
        for part in parts:
            task = asyncio.get_running_loop().create_task(self._answer(name, line, part), context=Context())
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def close(self) -> None:
        """Ends what is under way."""
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, name: str, line: Line[Token], part: InboundPart) -> None:
        info = read_ussd(part.tlvs, text=part.text)
        screen = await self._screen(name, part, info)
        if info.kind is TurnKind.ABORT or not screen.text:
            return
        coding, octets = encode_screen(screen.text)
        answer = OutgoingPart(
            number=1,
            total=1,
            source=part.recipient,
            destination=to_address(part.sender),
            body=octets,
            data_coding=coding,
            wants_receipt=False,
            service_type=SERVICE_TYPE,
            tlvs=answer_tlvs(info, ends=screen.ends),
        )
        try:
            await line.submit(LOOSE, answer)
        except (LinkLost, PartRefused) as error:
            logger.info("a USSD screen was not sent: %s", error)

    async def _screen(self, name: str, part: InboundPart, info: UssdInfo) -> Screen:
        if len(self._open) > OPEN_LIMIT:
            return _busy()
        turn = Turn(
            channel=CHANNEL,
            peer=part.sender,
            number=f"{name}/{info.session}",
            key=f"{info.sequence}:{info.operation}" if info.is_numbered else str(self._new_id()),
            kind=info.kind,
            text=part.text[:INPUT_LENGTH],
            code=part.text if info.kind is TurnKind.BEGIN else "",
        )
        try:
            return (await self._turns.take(turn)).screen
        except DomainError as error:
            logger.warning("a USSD turn could not be taken: %s", error)
        except Exception:
            # A phone waits: it is told, and an operator sees why.
            logger.exception("a USSD turn failed")
        return _busy()


def _busy() -> Screen:
    """In both languages: which one they speak stands in the session that can't be reached."""
    return Screen(text="\n".join(say(language, "away") for language in Language), ends=True)
