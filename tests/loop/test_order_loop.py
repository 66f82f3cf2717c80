"""Orders from the price to the platform, through HTTP, SMS and all services as they are: CHN-33, CAT-45, QGV-09."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from carillon_chassis.testing.plugin import MakeDatabase
from svc_channel.simulators.platform.book import read_openings
from svc_channel.simulators.smsc.process import SmscProcess

from .campaigning import USER, connected_house, received, write
from .house import House, until

SECRET = "what both sides of a loop sign with"
PRICES = {"premium": {"amount_fen": 300}, "ordinary": {"amount_fen": 400}, "non_member": {"amount_fen": 550}}
QUESTION = "您将订购彩铃，资费：高级会员3.00元，普通会员4.00元，非会员5.50元。回复Y确认，24小时内有效。"  # noqa: RUF001 -- Chinese punctuation


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What a service platform of its own process opened; svc-channel is told where it is."""
    path = tmp_path / "platform.jsonl"
    monkeypatch.setenv("CARILLON_PLATFORM_SECRET", SECRET)
    command = [sys.executable, "-m", "svc_channel.simulators.platform", "--port", "0", "--journal", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    monkeypatch.setenv("CARILLON_CHANNEL_PLATFORM_URL", f"http://{process.stdout.readline().split()[-1]}")
    monkeypatch.setenv("CARILLON_CHANNEL_PLATFORM_SECRET", SECRET)
    yield path
    process.terminate()
    process.wait(10)


@pytest.fixture
async def shop(
    make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, smsc: SmscProcess, journal: Path
) -> AsyncIterator[House]:
    """The whole house with an SMSC and a platform, and a price for ring-back tones."""
    assert journal.exists()
    async with connected_house(make_database, monkeypatch, tmp_path, smsc) as house:
        province = await house.as_role("province_admin")
        assert (await province.put("/api/v1/services/CRBT/prices", json=PRICES)).status_code == 200
        yield house


async def stands(http: httpx.AsyncClient, order_id: str) -> dict[str, Any]:
    """An order as it stands."""
    return dict((await http.get(f"/api/v1/orders/{order_id}")).json())


async def test_an_order_is_asked_about_confirmed_by_sms_opened_and_closed(
    shop: House, smsc: SmscProcess, journal: Path
) -> None:
    """A portal places it and says no more; the customer's Y is what makes it active."""
    portal = await shop.as_role("portal")
    body = {"msisdn": USER, "service": "CRBT", "amount": {"amount_fen": 550}, "source": {"touchpoint": "portal"}}
    placed = await portal.post("/api/v1/orders", json=body)
    assert (placed.status_code, placed.json()["state"]) == (201, "pending_confirmation")
    order_id = placed.json()["id"]

    async def is_asked() -> bool:
        return received(smsc).get(USER) == [QUESTION]

    await until(is_asked)
    assert read_openings(journal) == {}
    await write(smsc, USER, to="10086", text="y")

    async def is_answered() -> bool:
        return received(smsc)[USER] == [QUESTION, "彩铃已办理成功"]

    await until(is_answered)
    assert (await stands(portal, order_id))["state"] == "active"

    async def is_open() -> bool:
        return order_id in read_openings(journal)

    await until(is_open)
    opening = read_openings(journal)[order_id]
    assert (opening.msisdn, opening.service, opening.result) == (USER, "CRBT", "open")
    assert (await portal.delete(f"/api/v1/subscribers/{USER}/subscriptions/CRBT")).is_success

    async def is_closed() -> bool:
        return read_openings(journal)[order_id].result == "closed"

    await until(is_closed)


async def test_an_order_from_a_menu_carries_its_quoted_price_and_asks_nothing_more(
    shop: House, smsc: SmscProcess, journal: Path
) -> None:
    """Who confirmed on a screen with three prices is not asked again by SMS, and has the service at once."""
    portal = await shop.as_role("portal")

    async def turn(op: str, **fields: str) -> dict[str, Any]:
        body = {"msisdn": USER, "session": "7", "op": op, **fields}
        answer = await portal.post("/api/v1/channel/ussd", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    shown = await turn("begin", code="*100*2#", turn="1")
    shown = await turn("input", text="1", turn="2")
    # CRBT is the first marketed service by its code.
    line = next(line for line in shown["text"].split("\n") if line.endswith("Colour ring-back tone"))
    shown = await turn("input", text=line.split(" ")[0], turn="3")
    assert "Premium member CNY 3, ordinary member CNY 4, non-member CNY 5.50\nYour price: CNY 5.50" in shown["text"]
    shown = await turn("input", text="1", turn="4")
    assert (shown["text"], shown["op"]) == ("Colour ring-back tone is now active", "end")
    amount = await shop.value("catalog", "SELECT amount_fen FROM service_order WHERE state = 'active'")
    assert amount == 550

    async def is_open() -> bool:
        return [one.result for one in read_openings(journal).values()] == ["open"]

    await until(is_open)

    async def is_settled() -> bool:
        return bool(await shop.value("channel", "SELECT reason FROM order_confirmation WHERE state = 'ended'"))

    await until(is_settled)
    assert await shop.value("channel", "SELECT reason FROM order_confirmation") == "NOT_OPEN"
    assert received(smsc).get(USER) is None
