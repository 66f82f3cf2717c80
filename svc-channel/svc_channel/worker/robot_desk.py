"""Takes messages to robots, has them answered, and keeps question and answer, as many a transaction as wait.

It decides no answer. What was answered first stays: a repetition has the same.
"""

from datetime import tzinfo
from typing import Final
from uuid import UUID, uuid5

from carillon_chassis.clock import Clock
from carillon_chassis.database import CONFLICTS, Database
from carillon_chassis.gathering import Gathering
from svc_channel.app.answer_message import CHANNEL, Answerers, ReplyKind, RobotMessage, answer_message
from svc_channel.app.menu_book import MenuBook
from svc_channel.app.robot_book import RobotBook
from svc_channel.store.interactions import Interaction, KeptReply, Place, book_interactions, fetch_replies

BATCH: Final = 500
# Beyond this nobody would be answered in the time a person waits.
WAITING_LIMIT: Final = 10_000
# Two replicas that count the same day meet now and then; three times in a row they do not.
TRIES: Final = 4
# The namespace of hand-overs, so that a message taken again hands over once.
HANDOVERS: Final = UUID("6d0f3c1e-2f64-4b0e-9f3c-0c9a6a1f7b52")


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
        self._kept: Gathering[None, Place, KeptReply | None] = Gathering(
            self._find, a_call=BATCH, calls_at_once=1, most_waiting=WAITING_LIMIT
        )
        self._keeping: Gathering[None, Interaction, KeptReply] = Gathering(
            self._keep, a_call=BATCH, calls_at_once=1, most_waiting=WAITING_LIMIT
        )

    async def take(
        self, *, robot_id: str, peer: str, key: str, text: str, proven: bool, channel: str = CHANNEL
    ) -> KeptReply:
        """The answer. Raises NotFound ROBOT_UNKNOWN, StateRefused ROBOT_OFF, LimitExceeded, Unavailable."""
        robot = await self._robots.find(robot_id)
        now = self._clock.now()
        await self._robots.note_seen(robot_id, now=now)
        # Before anything is answered: a message repeated late must not be a key of where its session is by now.
        before = await self._kept.ask(None, (robot_id, peer, key))
        if before is not None:
            return before
        language = self._menus.find(CHANNEL, robot.menu).language
        reply = await answer_message(
            RobotMessage(robot=robot, peer=peer, key=key, text=text, proven=proven, channel=channel),
            language,
            self._answerers,
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
        return await self._keeping.ask(None, interaction)

    async def close(self) -> None:
        """Ends what is under way; whoever waits is told that it was."""
        await self._kept.close()
        await self._keeping.close()

    async def _find(self, _: None, places: list[Place]) -> list[KeptReply | None]:
        """The answers that were given first; None where there is none."""
        async with self._database.read() as unit:
            kept = await fetch_replies(unit, places)
        return [kept.get(place) for place in places]

    async def _keep(self, _: None, interactions: list[Interaction]) -> list[KeptReply]:
        """What stands of each: of two under one key the first."""
        by_place = {one.place: one for one in reversed(interactions)}
        kept = await self._write(list(by_place.values()))
        return [kept[one.place] for one in interactions]

    async def _write(self, interactions: list[Interaction]) -> dict[Place, KeptReply]:
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
