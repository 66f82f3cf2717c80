"""From a draw's winners to phone credit that was paid and a parcel on its way, through HTTP and a real recharge system.

svc-reward runs with its workers; only the number dictionary is a stand-in. It covers RWD-01, RWD-02 and RWD-03.
"""

import asyncio
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

import svc_reward.main
import svc_reward.migrations
import svc_reward.settings
from carillon_chassis.testing.plugin import MakeDatabase
from carillon_gateway.testing.suite import stand_ins

from .edge import Edge, open_gateway, served

MSISDN = "+8613800138000"
SECRET = "recharge-secret-of-this-test"
WAIT_SECONDS = 30.0
FIRST_SEED, SECOND_SEED = b"1" * 32, b"2" * 32


@dataclass(frozen=True)
class RechargeSystem:
    """The simulator's address and journal."""

    url: str
    journal: Path

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()]


@pytest.fixture
def system(tmp_path: Path) -> Iterator[RechargeSystem]:
    """A recharge system that pays this number, and then never answers the one who asked."""
    journal, kept = tmp_path / "journal.jsonl", tmp_path / "secret"
    kept.write_text(SECRET)
    process = subprocess.Popen(
        [
            sys.executable, "-m", "svc_channel.simulators.recharge", "--port", "0", "--journal", str(journal),
            "--secret-file", str(kept), "--fault", f"{MSISDN[-4:]}=forge",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    yield RechargeSystem(url=f"http://{process.stdout.readline().split()[2]}", journal=journal)
    process.terminate()
    process.wait(10)


@pytest.fixture
async def edge(make_database: MakeDatabase, system: RechargeSystem) -> AsyncIterator[Edge]:
    """The gateway before svc-reward with its workers, which pays by the recharge system."""
    ledger = await make_database(svc_reward.migrations.__path__[0])
    async with stand_ins() as others:
        with tempfile.TemporaryDirectory(prefix="crr") as folder:
            address = f"unix:{folder}/reward.sock"
            service = svc_reward.main.build(
                svc_reward.settings.Settings(
                    database_url=ledger.url,
                    listen=address,
                    campaign_address="unix:/nobody",
                    catalog_address="unix:/nobody",
                    segment_address=others.address,
                    recharge_url=system.url,
                    recharge_secret=SecretStr(SECRET),
                )
            )
            async with (
                served(service, address),
                open_gateway(make_database, others.address, catalog=others.address, reward=address) as app,
            ):
                yield Edge(app, service.database)


async def draw_both_prizes(city: httpx.AsyncClient, notary: httpx.AsyncClient) -> None:
    """One subscriber wins a doll and phone credit."""
    closes = datetime.now(UTC) + timedelta(seconds=2)
    prizes = [{"code": code, "name": code, "weight": 1, "stock": 1} for code in ("doll", "credit")]
    plan = {
        "name": "Stars",
        "campaign_id": "stars",
        "prizes": prizes,
        "awards": 2,
        "wins_per_person": 2,
        "closes_at": closes.isoformat(),
        "reveal_by": (closes + timedelta(hours=1)).isoformat(),
    }
    made = await city.post("/api/v1/draws", json=plan)
    assert made.status_code == 201, made.text
    path = made.headers["location"]
    opened = await city.post(f"{path}/open", json={"commitment": hashlib.sha256(FIRST_SEED).hexdigest()})
    assert opened.status_code == 200, opened.text
    entries = [{"msisdn": MSISDN, "source_key": f"order:{number}"} for number in range(2)]
    assert (await city.post(f"{path}/entries", json={"entries": entries})).json()["added"] == 2
    async with asyncio.timeout(WAIT_SECONDS):
        while (await city.get(path)).json()["state"] != "frozen":
            await asyncio.sleep(0.2)
    seeded = await notary.post(f"{path}/contribute", json={"seed": SECOND_SEED.hex()})
    assert seeded.status_code == 200, seeded.text
    drawn = await city.post(f"{path}/reveal", json={"seed": FIRST_SEED.hex()})
    assert drawn.status_code == 200, drawn.text


async def test_winners_are_reported_verified_paid_and_sent_their_parcel(edge: Edge, system: RechargeSystem) -> None:
    province, city = await edge.as_role("province_admin"), await edge.as_role("branch_operator")
    await draw_both_prizes(city, await edge.as_role("partner"))
    body = {"campaign": "stars", "stage": "final", "credits": [{"prize": "credit", "worth": {"amount_fen": 5000}}]}
    report = await province.post("/api/v1/reward-reports", json=body)
    assert (report.status_code, report.json()["state"], report.json()["items"]) == (201, "issued", 2), report.text
    query = {"report": report.json()["id"]}
    items = {one["prize"]: one for one in (await city.get("/api/v1/fulfilments", params=query)).json()["fulfilments"]}
    for item in items.values():
        path = f"/api/v1/fulfilments/{item['id']}"
        assert (await province.post(f"{path}/verify")).json()["reason"] == "MAKER_IS_CHECKER"
        assert (await city.post(f"{path}/verify")).json()["state"] == "verified"
    doll, credit = (f"/api/v1/fulfilments/{items[prize]['id']}" for prize in ("doll", "credit"))
    sent = await city.post(f"{doll}/complete", json={"reference": "SF1029384756"})
    assert sent.json()["state"] == "completed"
    assert (await city.get(doll)).json()["msisdn"] == MSISDN
    assert (await city.post(f"{credit}/complete", json={})).json()["state"] == "paying"
    # Its first answer is forged, so the clerk comes again, asks, and learns that it was paid.
    async with asyncio.timeout(WAIT_SECONDS):
        while (detail := (await city.get(credit)).json())["fulfilment"]["state"] == "paying":
            await asyncio.sleep(0.2)
    assert (detail["fulfilment"]["state"], detail["fulfilment"]["reference"]) == ("completed", "R0000000001")
    assert [(line["msisdn"], line["amount_fen"], line["result"]) for line in system.lines()] == [(MSISDN, 5000, "paid")]
    assert [step["step"] for step in detail["steps"]] == ["report", "verify", "order", "pay"]
    seen = (await province.get("/api/v1/reward-reports", params={"campaign": "stars", "city": "guangzhou"})).json()
    (states,) = [one["states"] for one in seen["reports"][0]["cities"]]
    assert states == [{"state": "completed", "items": 2, "quantity": 2, "phone_credit": {"amount_fen": 5000}}]
    file = await city.get(f"/api/v1/reward-reports/{query['report']}/file")
    assert hashlib.sha256(file.content).hexdigest() == seen["reports"][0]["cities"][0]["file_sha256"]
    assert MSISDN not in file.text
