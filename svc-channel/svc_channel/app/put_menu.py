"""Keeps a menu of the operator's own; sessions under way go on in it from their next turn."""

import json
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import Conflict
from svc_channel.app.menu_book import MenuBook
from svc_channel.domain.sessions.menu import Menu
from svc_channel.domain.sessions.menu_reading import write_menu
from svc_channel.store.menus import put_menu_row


async def put_menu(unit: UnitOfWork, menu: Menu, book: MenuBook, *, by: str, now: datetime) -> int:
    """The menu's version. Raises Conflict CODE_TAKEN when another menu answers one of its codes."""
    for other, _ in book.all():
        if other.name != menu.name and (taken := sorted(set(other.codes) & set(menu.codes))):
            raise Conflict(reason="CODE_TAKEN", field="codes", detail=f"{taken[0]} leads to the menu {other.name}")
    definition = json.dumps(write_menu(menu), ensure_ascii=False)
    return await put_menu_row(unit, name=menu.name, definition=definition, by=by, now=now)
