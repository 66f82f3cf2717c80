"""Campaigns of loop tests over an SMSC of their own: made and launched through HTTP, written to and read as handsets do."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from carillon_chassis.testing.plugin import MakeDatabase
from svc_channel.simulators.messages.journal import Accepted, read_journal
from svc_channel.simulators.smsc.process import SmscProcess

from .house import House, open_house, until

VARIABLE = "CARILLON_TEST_SMSC_PASSWORD"
PASSWORD = "loops"
OUTSIDER, USER, HELD_OUT = "+8613800138001", "+8613800138002", "+8613800138003"


@asynccontextmanager
async def connected_house(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, folder: Path, smsc: SmscProcess
) -> AsyncIterator[House]:
    """All services, the SMSC and three subscribers of 30, 35 and 50 years."""
    line = {
        "name": "first",
        "protocol": "smpp",
        "host": smsc.host,
        "port": smsc.port,
        "system_id": smsc.system_id,
        "password_variable": VARIABLE,
    }
    path = folder / "lines.json"
    path.write_text(json.dumps({"lines": [line]}))
    monkeypatch.setenv("CARILLON_CHANNEL_LINES", str(path))
    monkeypatch.setenv(VARIABLE, PASSWORD)
    async with open_house(make_database) as house:
        await house.load(
            ["msisdn,age", f"{OUTSIDER},30", f"{USER},35", f"{HELD_OUT},50"],
            dictionary='{"age": {"type": "integer", "description": "Years"}}',
        )
        yield house


async def launch(house: House, arms: Sequence[dict[str, Any]], **plan: Any) -> str:
    """The path of a running campaign of these arms; a person makes it and another approves it."""
    maker, checker = await house.as_role("province_admin"), await house.as_role("approver")
    standard = {"name": "recommend", "sender": "10086", "window_days": 7, "conversion_services": ["CRBT"]}
    created = await maker.post("/api/v1/campaigns", json={**standard, "arms": arms, **plan})
    assert created.status_code == 201, created.text
    path = created.headers["location"]
    for step, who in (("submit", maker), ("approve", checker), ("launch", maker)):
        answer = await who.post(f"{path}/{step}")
        assert answer.is_success, answer.text

    async def runs() -> bool:
        return bool((await maker.get(path)).json()["state"] == "running")

    await until(runs)
    return str(path)


async def write(smsc: SmscProcess, *numbers: str, to: str, text: str) -> None:
    """Handsets write, all at once."""
    messages = [{"from": number.removeprefix("+"), "to": to, "text": text} for number in numbers]
    assert (await smsc.ask({"op": "mo", "messages": messages}))["ok"]


def accepted(smsc: SmscProcess) -> dict[str, list[Accepted]]:
    """What the SMSC took for each handset."""
    found: dict[str, list[Accepted]] = {}
    for record in read_journal(smsc.journal):
        if isinstance(record, Accepted):
            found.setdefault(f"+{record.destination.removeprefix('+')}", []).append(record)
    return found


def received(smsc: SmscProcess) -> dict[str, list[str]]:
    """What each handset got to read."""
    return {number: [one.decoded.text for one in records] for number, records in accepted(smsc).items()}
