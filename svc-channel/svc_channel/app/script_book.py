"""The scripts that stand now: those shipped, and over them the operator's own, with what each says; speaks none."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from svc_channel.domain.scripts.script import Script, read_script
from svc_channel.store.scripts import KeptScript, fetch_approved_texts, list_script_rows

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A script as it stands: what it says, and how often it was put, 0 for a shipped one."""

    script: Script
    text: str
    version: int


async def read_book(unit: UnitOfWork, shipped: Sequence[Script]) -> list[Entry]:
    """Every script by code. What it says is the latest approved template of its name, else the shipped text."""
    rows = await list_script_rows(unit)
    versions = {row.code: row.version for row in rows}
    texts = {script.code: script.text for script in shipped}
    scripts = {script.code: script for script in shipped}
    scripts |= {script.code: script for script in map(_read, rows) if script is not None}
    approved = await fetch_approved_texts(unit, [script.template for script in scripts.values()])
    return [
        Entry(
            script=script,
            text=approved.get(script.template) or texts.get(code, ""),
            version=versions.get(code, 0),
        )
        for code, script in sorted(scripts.items())
    ]


async def find_text(unit: UnitOfWork, script: Script, shipped: Sequence[Script]) -> str:
    """What the script would say; empty for nothing yet."""
    approved: Mapping[str, str] = await fetch_approved_texts(unit, [script.template])
    return approved.get(script.template) or next((one.text for one in shipped if one.code == script.code), "")


def _read(row: KeptScript) -> Script | None:
    try:
        return read_script(json.loads(row.definition))
    except InvalidInput as error:
        # Kept by a release that knew other rules: the shipped one of that code goes on meanwhile.
        logger.warning("the script %s can't be used: %s", row.code, error)
        return None
