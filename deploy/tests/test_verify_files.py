"""`carillon verify audit|ledger FILE`: files alone, every change of which shows, and words that name the first one."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from carillon_deploy.cli import app
from carillon_deploy.verify import audit, ledger

Row = dict[str, Any]


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["verify", *words])
    return result.exit_code, result.output


def write(file: Path, rows: list[Row]) -> str:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(file)


def audit_rows(entries: int) -> list[Row]:
    rows: list[Row] = [{"format": audit.FORMAT}]
    previous = audit.GENESIS
    for sequence in range(1, entries + 1):
        row: Row = {
            "sequence": sequence, "previous": previous, "at": "2026-11-21T12:00:00.000000+00:00", "subject": "province",
            "role": "province_admin", "branch": "", "action": "put_scene", "target": "/api/v1/scenes/WORK",
            "outcome": 200, "reason": "", "request_id": f"r{sequence}", "trace_id": "",
        }  # fmt: skip
        previous = row["hash"] = audit.seal(row, previous)
        rows.append(row)
    return [*rows, {"entries": entries, "head": previous}]


def ledger_rows(amounts: list[int]) -> list[Row]:
    """One account gives, the other gets, so many times."""
    rows: list[Row] = [{"format": ledger.FORMAT}]
    link, given = ledger.GENESIS, 0
    for number, amount in enumerate(amounts, start=1):
        given += amount
        header = json.dumps([number, f"t{number}", "00", "seeds", 2, "why", 1])
        legs = [
            json.dumps([number, 1, 1, 1, "", "seeds", 1, number, -amount, -given, 1]),
            json.dumps([number, 2, 2, 3, "7", "seeds", 1, number, amount, given, 1]),
        ]
        for text in (header, *legs):
            link = hashlib.sha256(link + text.encode()).digest()
        rows.append({"position": number, "transfer": number, "header": header, "legs": legs, "link": link.hex()})
    return [*rows, {"transfers": len(amounts), "link": link.hex(), "unsealed": 0}]


def resealed(rows: list[Row]) -> list[Row]:
    """The same rows with a chain that somebody computed anew."""
    link = ledger.GENESIS
    for row in rows[1:-1]:
        for text in (row["header"], *row["legs"]):
            link = hashlib.sha256(link + text.encode()).digest()
        row["link"] = link.hex()
    rows[-1]["link"] = link.hex()
    return rows


def changed_leg(rows: list[Row], transfer: int, leg: int, place: int, value: object) -> list[Row]:
    parts = json.loads(rows[transfer]["legs"][leg - 1])
    parts[place] = value
    rows[transfer]["legs"][leg - 1] = json.dumps(parts)
    return rows


def test_a_sound_audit_log_is_told_with_the_seal_to_keep(tmp_path: Path) -> None:
    rows = audit_rows(3)
    file = write(tmp_path / "audit.jsonl", rows)
    assert run("audit", file) == (0, f"HOLDS: 3 entries\nits last seal, to be kept elsewhere: {rows[-1]['head']}\n")
    assert run("audit", file, "--head", rows[2]["hash"].upper())[0] == 0
    code, said = run("audit", file, "--head", "ab" * 32)
    assert (code, said) == (1, "DOES NOT HOLD: the chain does not pass through the head that was kept\n")
    assert run("audit", write(tmp_path / "empty.jsonl", audit_rows(0)))[0] == 0


AUDIT_CHANGES: Mapping[str, tuple[Callable[[list[Row]], list[Row]], str]] = {
    "changed": (lambda rows: [*rows[:2], {**rows[2], "outcome": 500}, *rows[3:]], "entry 2 was changed"),
    "taken out": (lambda rows: rows[:2] + rows[3:], "entry 2 is gone"),
    "swapped": (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], "entry 1 is gone"),
    "resealed": (
        lambda rows: [*rows[:2], {**rows[2], "reason": "x", "hash": audit.seal({**rows[2], "reason": "x"}, rows[1]["hash"])}, *rows[3:]],
        "entry 3 does not seal the one before it",
    ),
    "cut off": (lambda rows: [*rows[:3], rows[-1]], "the log ends at entry 2, its head says 3"),
    "without a head": (lambda rows: rows[:-1], "the log ends after entry 3 without its head"),
    "longer": (lambda rows: [*rows, rows[1]], "something stands after the head"),
    "without a field": (lambda rows: [rows[0], {"sequence": 1}, *rows[2:]], "entry 1 does not have the fields"),
}  # fmt: skip


@pytest.mark.parametrize("how", AUDIT_CHANGES)
def test_every_change_of_an_audit_log_is_named(tmp_path: Path, how: str) -> None:
    change, expected = AUDIT_CHANGES[how]
    code, said = run("audit", write(tmp_path / "audit.jsonl", change(audit_rows(3))))
    assert code == 1
    assert said.startswith(f"DOES NOT HOLD: {expected}")


def test_a_sound_ledger_file_is_told_with_its_sums_and_the_link_to_keep(tmp_path: Path) -> None:
    rows = ledger_rows([5, 7, 9])
    file = write(tmp_path / "ledger.jsonl", rows)
    sums, holds = "seeds: sums to 0\n", "HOLDS: 3 transfers, 6 entries, 0 unsealed\n"
    assert run("ledger", file) == (0, f"{sums}{holds}its last link, to be kept elsewhere: {rows[-1]['link']}\n")
    assert run("ledger", file, "--link", rows[1]["link"])[0] == 0
    assert run("ledger", file, "--link", "cd" * 32)[0] == 1
    assert run("ledger", write(tmp_path / "empty.jsonl", ledger_rows([])))[0] == 0


LEDGER_CHANGES: Mapping[str, tuple[Callable[[list[Row]], list[Row]], str]] = {
    "changed": (lambda rows: changed_leg(rows, 2, 2, 8, 70), "transfer 2 is not what was sealed"),
    "gone": (lambda rows: [*rows[:2], {**rows[2], "header": None}, *rows[3:]], "transfer 2 was sealed and is gone"),
    "taken out": (lambda rows: rows[:2] + rows[3:], "link 2 of the chain is gone"),
    "cut off": (lambda rows: [*rows[:3], rows[-1]], "the chain ends after 2 transfers, its head says 3"),
    "without an end": (lambda rows: rows[:-1], "the file ends after 3 transfers without the chain's end"),
    "longer": (lambda rows: [*rows, rows[1]], "something stands after the chain's end"),
    "out of nothing": (lambda rows: resealed(changed_leg(rows, 2, 2, 8, 70)), "transfer 2 does not sum to zero"),
    "another balance": (
        lambda rows: resealed(changed_leg(rows, 2, 2, 9, 99)), "entry 2 of account 2 leaves 99, not 12",
    ),
    "another currency": (
        lambda rows: resealed(changed_leg(rows, 2, 2, 5, "m_value")), "leg 2 of transfer 2 is of another transfer",
    ),
    "an entry left out": (
        lambda rows: resealed(changed_leg(rows, 3, 2, 7, 4)), "account 2 has no entry 3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", LEDGER_CHANGES)
def test_every_change_of_a_ledger_is_named_even_under_a_new_chain(tmp_path: Path, how: str) -> None:
    change, expected = LEDGER_CHANGES[how]
    code, said = run("ledger", write(tmp_path / "ledger.jsonl", change(ledger_rows([5, 7, 9]))))
    assert code == 1
    assert said.startswith(f"DOES NOT HOLD: {expected}")


@pytest.mark.parametrize("what", ["audit", "ledger"])
@pytest.mark.parametrize("content", ["", "[]\n", '{"format":"else"}\n', "no json\n", None])
def test_what_is_no_such_file_is_told_apart_from_a_broken_one(tmp_path: Path, what: str, content: str | None) -> None:
    file = tmp_path / "file.jsonl"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    code, said = run(what, str(file))
    assert code == 2
    assert "can't be read" in said
