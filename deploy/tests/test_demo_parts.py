"""The demo's own parts: an empty home without losing anybody's state, handsets, the ledger's proof, a stage's failure."""

import asyncio
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from carillon_deploy.demo.campaigning import BUDGET_POINTS, CURRENCY, POINTS, TEMPLATES, plan
from carillon_deploy.demo.dataset import ARMS, Customer
from carillon_deploy.demo.fresh import MARK, make_fresh
from carillon_deploy.demo.handsets import answer_by_mo, find_token, received_texts
from carillon_deploy.demo.outcome import ledger_faults, render_report
from carillon_deploy.demo.replay import each
from carillon_deploy.demo.script import run_demo
from carillon_deploy.errors import CommandError
from carillon_deploy.home import Home

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EARNERS = 456


def quiet(line: str) -> None:
    del line


def make_state(home: Home) -> None:
    home.prepare()
    (home.postgres / "data").mkdir(parents=True)
    home.credentials.write_text("[]")
    (home.root / "mine.txt").write_text("not the suite's")


def test_an_earlier_demo_is_wiped_and_nothing_else(home: Home) -> None:
    make_state(home)
    (home.root / MARK).write_text("{}")

    assert make_fresh(home, at=AT, report=quiet) is None

    assert not home.postgres.exists()
    assert not home.credentials.exists()
    assert (home.root / "mine.txt").exists()
    assert (home.root / MARK).exists()


def test_a_suite_that_no_demo_made_is_moved_aside_and_told(home: Home) -> None:
    make_state(home)
    told: list[str] = []

    kept = make_fresh(home, at=AT, report=told.append)

    assert kept == home.root / "kept" / "20261121T120000Z"
    assert (kept / "postgres" / "data").is_dir()
    assert (kept / "credentials.json").read_text() == "[]"
    assert not (kept / MARK).exists()
    assert any(str(kept) in line for line in told)


def test_a_new_home_is_only_marked(home: Home) -> None:
    assert make_fresh(home, at=AT, report=quiet) is None

    assert [path.name for path in home.root.iterdir()] == [MARK]


def test_the_demo_refuses_databases_that_are_not_its_own(environment: dict[str, str]) -> None:
    with pytest.raises(CommandError, match="unset"):
        run_demo(
            {**environment, "CARILLON_REWARD_DATABASE_URL": "postgresql://elsewhere/db"}, Console(file=io.StringIO())
        )


def accepted(to: str, octets: str, *, esm: int = 0) -> str:
    fields = {"record": "accepted", "id": "1", "at": 1.0, "from": "10086", "to": to, "coding": 0, "esm": esm}
    return json.dumps({**fields, "octets": octets.encode("latin-1").hex(), "receipt": True, "state": "DELIVERED"})


def test_a_handset_shows_whole_texts_and_parts_put_together(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    lines = [
        accepted("8613900000001", "Hello"),
        accepted("8613900000002", "\x05\x00\x03\x07\x02\x02world", esm=0x40),
        accepted("8613900000002", "\x05\x00\x03\x07\x02\x01Hello ", esm=0x40),
        json.dumps({"record": "receipts_acknowledged", "ids": ["1"]}),
    ]
    journal.write_text("\n".join(lines) + "\n")

    shown = received_texts(journal, {"8613900000001", "8613900000002"})
    assert shown == {"8613900000001": ["Hello"], "8613900000002": ["Hello world"]}
    assert received_texts(journal, {"8613900000001"}) == {"8613900000001": ["Hello"]}


@pytest.mark.parametrize(
    ("texts", "token"),
    [
        ((), None),
        (("no link",), None),
        (("see http://127.0.0.1:8080/r/aB3xYz9 now",), "aB3xYz9"),
        (("https://c.example/r/first1", "https://c.example/r/second2"), "second2"),
    ],
)
def test_the_link_is_read_from_what_came_last(texts: tuple[str, ...], token: str | None) -> None:
    assert find_token(texts) == token


async def test_answers_go_to_the_simulator_in_lines_of_five_hundred(folder: Path) -> None:
    seen: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = json.loads(await reader.readline())
        seen.append(len(asked["messages"]))
        writer.write(json.dumps({"ok": True, "numbers": list(range(seen[-1]))}).encode() + b"\n")
        writer.close()

    async with await asyncio.start_unix_server(answer, folder / "control", limit=2**20):
        taken = await answer_by_mo(folder / "control", (("86139", "10086", "Y") for _ in range(1_100)))

    assert taken == 1_100
    assert seen == [500, 500, 100]


async def test_a_refusal_of_the_simulator_is_told(folder: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"ok": false, "error": "digits only"}\n')
        writer.close()

    async with await asyncio.start_unix_server(answer, folder / "control"):
        with pytest.raises(CommandError, match="digits only"):
            await answer_by_mo(folder / "control", [("+86139", "10086", "Y")])


async def test_a_simulator_that_went_away_is_asked_again(folder: Path) -> None:
    asked = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readline()
        if asked > 1:
            writer.write(b'{"ok": true, "numbers": [1]}\n')
        writer.close()

    async with await asyncio.start_unix_server(answer, folder / "control"):
        assert await answer_by_mo(folder / "control", [("86139", "10086", "Y")]) == 1

    assert asked == 2


def balance(**changes: int) -> dict[str, Any]:
    total = {
        "sum": 0,
        "issued": -BUDGET_POINTS,
        "held_by_campaigns": BUDGET_POINTS - EARNERS * POINTS,
        "held_by_subscribers": EARNERS * POINTS,
    }
    return {"totals": [{"currency": CURRENCY, **total, **changes}]}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"issued": BUDGET_POINTS}, None),
        ({"sum": 1}, "sums to 1"),
        ({"held_by_subscribers": EARNERS * POINTS + POINTS}, "held_by_subscribers"),
        ({"held_by_campaigns": BUDGET_POINTS}, "held_by_campaigns"),
        ({"issued": 0}, "issued"),
    ],
)
def test_the_ledgers_proof_names_what_is_wrong(changes: dict[str, int], fault: str | None) -> None:
    found = ledger_faults(balance(**changes), EARNERS)

    assert (not found) if fault is None else any(fault in line for line in found)


def test_a_ledger_without_the_currency_is_no_proof() -> None:
    assert ledger_faults({"totals": []}, EARNERS) == [f"the ledger has no {CURRENCY}"]


def test_the_plan_has_the_contracts_arms_and_the_holdout_gets_no_text() -> None:
    made = plan(dict.fromkeys(ARMS, "00000000-0000-0000-0000-000000000000"))

    arms = {arm["name"]: arm for arm in made["arms"]}  # type: ignore[attr-defined]  # a JSON body
    assert list(arms) == ["holdout", "mens", "womens"]
    assert arms["holdout"]["holdout"] is True
    assert arms["holdout"]["template"] == ""
    assert made["name"] == "hillstrom-2008"


@pytest.mark.parametrize("arm", list(TEMPLATES))
def test_a_template_fits_one_short_message_with_its_longest_values(arm: str) -> None:
    text = TEMPLATES[arm].format(recency=12, channel="Multichannel", link="http://127.0.0.1:65535/r/" + "x" * 12)

    assert len(text) <= 160
    assert text.isascii()


def test_the_report_fits_eighty_columns_with_every_figure() -> None:
    interval = {"estimate": 0.0766, "low": 0.07, "high": 0.0833}
    arm = {
        "arm": "mens",
        "subscribers": 21307,
        "delivered": 21307,
        "responded": 3894,
        "converted": 267,
        "rewarded": 267,
        "revenue_fen": 3031169,
        "response_rate": 0.182757,
        "conversion_rate": 0.012531,
        "uplift": dict.fromkeys(("response_rate", "conversion_rate", "revenue_fen_per_subscriber"), interval),
    }
    shown = io.StringIO()

    Console(file=shown, width=80).print(render_report({"name": "hillstrom-2008", "arms": [arm]}))

    for figure in ("21,307/21,307", "3,894 18.2757%", "267 1.2531%", "30,311.69", "+7.66 [+7.00 to +8.33]"):
        assert figure in shown.getvalue()


async def test_everybody_is_served_sixteen_at_a_time_and_a_failure_ends_it() -> None:
    customers = [
        Customer(msisdn=str(number), arm="mens", visited=True, converted=False, spend_fen=0) for number in range(100)
    ]
    running, most, served = 0, 0, []

    async def act(customer: Customer) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        served.append(customer.msisdn)

    await each(customers, act)
    assert len(served) == 100
    assert most == 16

    async def fail(customer: Customer) -> None:
        raise CommandError(customer.msisdn)

    with pytest.raises(ExceptionGroup):
        await each(customers, fail)
