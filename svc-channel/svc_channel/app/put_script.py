"""Keeps a script of the operator's own; what it says is a template that two people saw."""

import dataclasses
import json
from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_channel.app.script_book import Entry, find_text
from svc_channel.domain.scripts.script import Script, read_saying, write_script
from svc_channel.store.scripts import put_script_row


async def put_script(unit: UnitOfWork, script: Script, *, shipped: Sequence[Script], by: str, now: datetime) -> Entry:
    """The script as it stands now; it takes the place of a shipped one of its code.

    Raises StateRefused SCRIPT_TEXT_MISSING while neither an approved template nor a shipped script says it, InvalidInput
    SCRIPT_UNFILLED.
    """
    kept = dataclasses.replace(script, text="")
    text = await find_text(unit, kept, shipped)
    if not text:
        raise StateRefused(
            reason="SCRIPT_TEXT_MISSING",
            field="code",
            detail=f"make a template of the name {kept.template} and have somebody approve it first",
        )
    read_saying(text)
    definition = json.dumps(write_script(kept), ensure_ascii=False)
    version = await put_script_row(unit, code=kept.code, definition=definition, by=by, now=now)
    return Entry(script=kept, text=text, version=version)
