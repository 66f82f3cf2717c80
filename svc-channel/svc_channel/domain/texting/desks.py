"""The numbers at which texts are answered, as data: who answers at which; answers nobody."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.robots import robot
from svc_channel.domain.sessions import menu

RECIPIENT: Final = re.compile(r"[0-9]{3,20}\*?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDesk:
    """A number, or all that begin so with ``*`` at the end, and who answers there: a robot, or a menu by itself.

    Where it is ``for_staff``, registered staff are answered about sales and by what staff may know; nobody else is.
    """

    recipient: str
    menu: str = ""
    robot: str = ""
    for_staff: bool = False

    def __post_init__(self) -> None:
        for broken, field, detail in (
            (not RECIPIENT.fullmatch(self.recipient), "recipient", "3 to 20 digits, with * at the end for a prefix"),
            (self.menu and not menu.NAME.fullmatch(self.menu), "menu", "the name of a menu"),
            (self.robot and not robot.NAME.fullmatch(self.robot), "robot", "the id of a robot"),
            (self.menu and self.robot, "menu", "a robot brings its own menu"),
            (
                not (self.menu or self.robot or self.for_staff),
                "recipient",
                "say who answers: a menu, a robot, or staff's",
            ),
        ):
            if broken:
                raise InvalidInput(reason="TEXT_DESK_INVALID", field=field, detail=detail)


class TextDesks:
    """All of them, ready to be asked."""

    def __init__(self, desks: Iterable[TextDesk]) -> None:
        known = {desk.recipient: desk for desk in desks}
        self._exact = known
        prefixes = [one for one in known if one.endswith("*")]
        self._prefixes = sorted(prefixes, key=len, reverse=True)

    def find(self, recipient: str) -> TextDesk | None:
        """Who answers at the number that was written to: the number's own desk, else that of its longest prefix."""
        if recipient in self._exact:
            return self._exact[recipient]
        prefix = next((one for one in self._prefixes if recipient.startswith(one[:-1])), None)
        return self._exact[prefix] if prefix is not None else None
