"""The robots that stand now, and who of them was heard of; answers no message."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from carillon_chassis.database import Database
from carillon_chassis.errors import NotFound, StateRefused
from svc_channel.domain.robots.robot import Robot
from svc_channel.store.robots import list_robot_rows, see_robots

# A robot put on another replica is known here after so long.
FRESH_SECONDS: Final = 5.0
# Hearing of a robot is written down this often at most: two thousand messages a second must not each write it.
SEEN_SECONDS: Final = 30.0


class RobotBook:
    """Robots by id."""

    def __init__(self, database: Database, *, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic
        self._robots: dict[str, Robot] = {}
        self._read_at = float("-inf")
        self._noted: dict[str, float] = {}

    async def find(self, robot_id: str) -> Robot:
        """A robot that answers. Raises NotFound ROBOT_UNKNOWN, StateRefused ROBOT_OFF."""
        await self.refresh()
        robot = self._robots.get(robot_id)
        if robot is None:
            raise NotFound(reason="ROBOT_UNKNOWN", field="id", detail=f"there is no robot {robot_id!r}")
        if not robot.enabled:
            raise StateRefused(reason="ROBOT_OFF", field="id", detail="this robot is switched off")
        return robot

    async def note_seen(self, robot_id: str, *, now: datetime) -> None:
        """Writes down that a robot lives, when that was not done lately."""
        moment = self._monotonic()
        if moment - self._noted.get(robot_id, float("-inf")) < SEEN_SECONDS:
            return
        self._noted[robot_id] = moment
        async with self._database.unit_of_work() as unit:
            await see_robots(unit, [robot_id], now=now)

    async def refresh(self, *, at_once: bool = False) -> None:
        """Reads the robots again when they have been known for a while."""
        moment = self._monotonic()
        if not at_once and moment - self._read_at < FRESH_SECONDS:
            return
        async with self._database.read() as unit:
            rows = await list_robot_rows(unit)
        self._robots = {row.robot.id: row.robot for row in rows}
        self._read_at = moment
