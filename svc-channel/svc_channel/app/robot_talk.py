"""Where messages to robots are handed in, as edges see it; says nothing of how they are answered."""

from typing import Protocol

from svc_channel.app.answer_message import CHANNEL
from svc_channel.store.interactions import KeptReply


class RobotTalk(Protocol):
    """Answers messages."""

    async def take(
        self, *, robot_id: str, peer: str, key: str, text: str, proven: bool, channel: str = CHANNEL
    ) -> KeptReply:
        """The answer; the same key of the same peer has the same. ``proven``: see domain.sessions.turn.Turn.

        Over another ``channel`` its menu is shown as that shows menus.

        Raises NotFound ROBOT_UNKNOWN, StateRefused ROBOT_OFF, LimitExceeded CROWDED, Unavailable.
        """
        ...
