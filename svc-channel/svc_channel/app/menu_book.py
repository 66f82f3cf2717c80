"""The menus that stand now: those shipped, and over them the operator's own; runs none."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput
from svc_channel.domain.sessions.menu import Menu
from svc_channel.domain.sessions.menu_reading import read_menu
from svc_channel.store.menus import KeptMenu, list_menu_rows

# A menu put on another replica is seen here after so long.
FRESH_SECONDS: Final = 5.0
# The menu of a channel when no code says another.
STANDARD: Final[Mapping[str, str]] = {
    "ussd": "main-zh",
    "ivr": "hotline-zh",
    "hotline": "hotline-zh",
    "robot": "robot-zh",
    "sms": "main-zh",
    "wap": "main-zh",
}

logger = logging.getLogger(__name__)


class MenuBook:
    """Menus by name and by code; ``refresh`` is called by whoever has a connection at hand."""

    def __init__(self, database: Database, shipped: Sequence[Menu], *, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._shipped = {menu.name: menu for menu in shipped}
        self._menus: dict[str, Menu] = dict(self._shipped)
        self._versions: dict[str, int] = {}
        self._codes = _by_code(self._menus)
        self._monotonic = monotonic
        self._read_at = float("-inf")

    def get(self, name: str) -> Menu | None:
        """The menu of that name."""
        return self._menus.get(name)

    def find(self, channel: str, code: str) -> Menu:
        """The menu that the code dials (alone, or with an extension) or names, or the channel's own."""
        if code in self._codes:
            return self._menus[self._codes[code]]
        if code in self._menus:
            return self._menus[code]
        return next((menu for menu in self._menus.values() if menu.dialled_after(code)), self._menus[STANDARD[channel]])

    def all(self) -> list[tuple[Menu, int]]:
        """Every menu and its version, 0 for a shipped one, by name."""
        return [(menu, self._versions.get(name, 0)) for name, menu in sorted(self._menus.items())]

    async def refresh(self, *, at_once: bool = False) -> None:
        """Reads the operator's menus again when they have been known for a while."""
        now = self._monotonic()
        if not at_once and now - self._read_at < FRESH_SECONDS:
            return
        async with self._database.read() as unit:
            rows = await list_menu_rows(unit)
        self._read_at = now
        if {row.name: row.version for row in rows} == self._versions:
            return
        self._menus = self._shipped | {menu.name: menu for menu in map(_read, rows) if menu is not None}
        self._versions = {row.name: row.version for row in rows}
        self._codes = _by_code(self._menus)


def _read(row: KeptMenu) -> Menu | None:
    try:
        return read_menu(json.loads(row.definition))
    except InvalidInput as error:
        # Kept by a release that knew other rules: the shipped one of that name goes on meanwhile.
        logger.warning("the menu %s can't be used: %s", row.name, error)
        return None


def _by_code(menus: Mapping[str, Menu]) -> dict[str, str]:
    return {code: menu.name for menu in menus.values() for code in menu.codes}
