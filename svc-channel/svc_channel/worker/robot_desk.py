"""Takes messages to robots, has them answered, and keeps question and answer, as many a transaction as wait.

It decides no answer. What was answered first stays: a repetition has the same.
"""

import asyncio
from collections import deque
from contextvars import Context
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final
from uuid import UUID, uuid5

from carillon_chassis.clock import Clock
from carillon_chassis.database import CONFLICTS, Database
from carillon_chassis.errors import LimitExceeded
from svc_channel.app.answer_message import CHANNEL, Answerers, ReplyKind, RobotMessage, answer_message
from svc_channel.app.menu_book import MenuBook
from svc_channel.app.robot_book import RobotBook
from svc_channel.store.interactions import Interaction, KeptReply, book_interactions, fetch_replies
from svc_channel.worker.kept_replies import KeptReplies

BATCH: Final = 500
# Beyond this nobody would be answered in the time a person waits.
WAITING_LIMIT: Final = 10_000
# Two replicas that count the same day meet now and then; three times in a row they do not.
TRIES: Final = 4
# The namespace of hand-overs, so that a message taken again hands over once.
HANDOVERS: Final = UUID("6d0f3c1e-2f64-4b0e-9f3c-0c9a6a1f7b52")


@dataclass(slots=True, eq=False)
class _Waiting:
    interaction: Interaction
    kept: "asyncio.Future[KeptReply]"


class RobotDesk:
    """Where messages to robots are handed in; one of these a process."""

    def __init__(
        self,
        *,
        database: Database,
        robots: RobotBook,
        menus: MenuBook,
        answerers: Answerers,
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        self._database = database
        self._robots = robots
        self._menus = menus
        self._answerers = answerers
        self._clock = clock
        self._zone = zone
        self._kept = KeptReplies(database)
        self._waiting: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def take(self, *, robot_id: str, peer: str, key: str, text: str, proven: bool) -> KeptReply:
        """The answer. Raises NotFound ROBOT_UNKNOWN, StateRefused ROBOT_OFF, LimitExceeded, Unavailable."""
        robot = await self._robots.find(robot_id)
        now = self._clock.now()
        await self._robots.note_seen(robot_id, now=now)
        # Before anything is answered: a message repeated late must not be a key of where its session is by now.
        before = await self._kept.find((robot_id, peer, key))
        if before is not None:
            return before
        language = self._menus.find(CHANNEL, robot.menu).language
        reply = await answer_message(
            RobotMessage(robot=robot, peer=peer, key=key, text=text, proven=proven), language, self._answerers
        )
        handed = reply.kind is ReplyKind.HANDOVER
        interaction = Interaction(
            robot=robot_id,
            peer=peer,
            turn=key,
            text=text,
            kind=reply.kind.value,
            reply=reply.text,
            remark=reply.remark.kind.value,
            product=reply.remark.product,
            handover_id=uuid5(HANDOVERS, f"{robot_id}/{peer}/{key}") if handed else None,
            at=now,
            day=now.astimezone(self._zone).date(),
        )
        return await self._keep(interaction)

    async def close(self) -> None:
        """Ends what is under way; whoever waits is told that it was."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self._kept.close()
        for waiting in self._waiting:
            waiting.kept.cancel()

    async def _keep(self, interaction: Interaction) -> KeptReply:
        if len(self._waiting) >= WAITING_LIMIT:
            raise LimitExceeded(reason="CROWDED", detail="too many messages wait; try again in a moment")
        waiting = _Waiting(interaction, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None:
            # An empty context: the task outlives the caller who happened to start it, and works for all.
            self._writer = asyncio.get_running_loop().create_task(self._work(), context=Context())
        return await waiting.kept

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._keep_together([self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))])
        finally:
            # In the same step as the last look, or who comes in between would wait for a task that has gone.
            self._writer = None

    async def _keep_together(self, batch: list[_Waiting]) -> None:
        by_place = {waiting.interaction.place: waiting.interaction for waiting in reversed(batch)}
        try:
            kept = await self._write(list(by_place.values()))
        except Exception as error:  # noqa: BLE001 -- whatever it was, it is each caller's answer
            for waiting in batch:
                if not waiting.kept.done():
                    waiting.kept.set_exception(error)
            return
        for waiting in batch:
            if not waiting.kept.done():
                waiting.kept.set_result(kept[waiting.interaction.place])

    async def _write(self, interactions: list[Interaction]) -> dict[tuple[str, str, str], KeptReply]:
        tries_left = TRIES
        while True:
            tries_left -= 1
            try:
                async with self._database.unit_of_work() as unit:
                    new = await book_interactions(unit, interactions)
                    repeated = [one.place for one in interactions if one.place not in new]
                    first = await fetch_replies(unit, repeated) if repeated else {}
            except CONFLICTS:
                if not tries_left:
                    raise
                continue
            mine = {
                one.place: KeptReply(kind=one.kind, reply=one.reply, handover_id=one.handover_id)
                for one in interactions
            }
            return mine | first
