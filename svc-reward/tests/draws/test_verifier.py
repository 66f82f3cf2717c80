"""The stand-alone verifier against proofs, whole and edited; it runs as a process without anything of this project."""

import ast
import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from svc_reward.domain.draw import Draw

from .values import (
    DEADLINE,
    PRIZES,
    VERIFIER,
    drawn_draw,
    frozen_draw,
    open_draw,
    proof_text,
    run_verifier,
    seeded_draw,
    verify_document,
)

TICKETS = [1, 4, 1, 2, 1, 1, 9, 1, 3, 1, 1, 2, 1]
EDITS = 100
Path_ = tuple[str | int, ...]


def document(draw: Draw, tickets: list[int]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(proof_text(draw, tickets))
    return loaded


def fields_of(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The path of every value in a document, whole objects and lists too."""
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from fields_of(child, (*path, key))


def changed(value: Any, chance: random.Random) -> Any:
    """Another value in the place of ``value``, as like it as can be."""
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, int):
        return chance.choice([value + 1, value - 1, value * 2 + 1, float(value), str(value)])
    if isinstance(value, str):
        at = chance.randrange(len(value))
        other = chance.choice([c for c in "0123456789abcdef" if c != value[at]])
        return chance.choice([value[:at] + other + value[at + 1 :], value + " ", value.swapcase() + "0"])
    if isinstance(value, list):
        return chance.choice([value[1:], value[:-1], [*value, value[0]], value[::-1]])
    return {**value, "more": 1}


def edit(proof: dict[str, Any], path: Path_, chance: random.Random) -> dict[str, Any]:
    """The proof with the one field at ``path`` changed, taken away or doubled."""
    edited: dict[str, Any] = json.loads(json.dumps(proof))
    holder: Any = edited
    for key in path[:-1]:
        holder = holder[key]
    if chance.random() < 0.15:
        del holder[path[-1]]
    else:
        holder[path[-1]] = changed(holder[path[-1]], chance)
    return edited


@pytest.mark.parametrize(
    ("draw", "tickets", "said"),
    [
        (drawn_draw(TICKETS), TICKETS, "10 winners"),
        (drawn_draw(TICKETS, wins_per_person=3), TICKETS, "10 winners"),
        (drawn_draw([1] * 4), [1] * 4, "4 winners"),
        (drawn_draw([7]), [7], "1 winners"),
        (drawn_draw([]), [], "0 winners"),
        (drawn_draw([3] * 64, awards=25), [3] * 64, "25 winners"),
        (drawn_draw([1] * 33, prizes=PRIZES[:1], awards=1, eligibility=None), [1] * 33, "1 winners"),
        (seeded_draw(TICKETS), TICKETS, "nobody has won yet"),
        (frozen_draw(TICKETS), TICKETS, "13 entrants with 28 tickets"),
        (open_draw(), [], "HOLDS: rule, commitment, digest"),
        (seeded_draw(TICKETS).voided(reason="REVEAL_MISSED", at=DEADLINE), TICKETS, "void"),
        (open_draw().voided(reason="the prize was lost", at=DEADLINE), [], "void"),
    ],
)
def test_a_true_proof_holds_in_every_state(tmp_path: Path, draw: Draw, tickets: list[int], said: str) -> None:
    path = tmp_path / "proof.json"
    path.write_text(proof_text(draw, tickets), encoding="utf-8")
    code, words = run_verifier(path)
    assert (code, said in words) == (0, True), words


def test_a_hundred_edits_of_one_field_are_all_found(tmp_path: Path) -> None:
    chance = random.Random(20261121)
    proof = document(drawn_draw(TICKETS, wins_per_person=2), TICKETS)
    paths = list(fields_of(proof))
    # Every top-level field at least once, then fields from anywhere.
    chosen: list[Path_] = [(name,) for name in proof]
    chosen += [chance.choice(paths) for _ in range(EDITS - len(chosen))]
    for path in chosen:
        edited = edit(proof, path, chance)
        code, words = verify_document(tmp_path, edited)
        assert (code, words.startswith("DOES NOT HOLD")) == (1, True), (path, words)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("format",), "carillon-draw-proof-2", "format"),
        (("state",), "seeded", "state"),
        (("state",), "void", "state"),
        (("rule", "prizes", 0, "stock"), 2, "rule_hash"),
        (("rule", "awards"), 26, "rule: awards"),
        (("rule", "awards"), True, "rule: awards has the wrong type"),
        (("rule", "name"), "Stars of December", "rule_hash"),
        (("rule", "eligibility", "draw_month"), "2026-12", "rule_hash"),
        (("rule_hash",), "0" * 64, "rule_hash"),
        (("commitment",), "0" * 64, "commitment"),
        (("first_seed",), "0" * 64, "commitment"),
        (("second_seed",), "0" * 64, "key"),
        (("root",), "0" * 64, "root"),
        (("leaves", 3), f"{'f' * 32} 1", "leaves"),
        (("leaves", 3), "DROP", "leaves: entrant 4"),
        (("entrants",), 14, "entrants"),
        (("tickets",), 29, "tickets"),
        (("key",), "0" * 64, "key"),
        (("winners", 9, "prize"), "phone", "winners: award 10"),
        (("winners", 0, "token"), "0" * 32, "winners: award 1"),
        (("winners", 0, "award"), True, "winners: award 1"),
        (("digest",), "0" * 64, "digest"),
    ],
)
def test_the_first_thing_that_does_not_hold_is_named(tmp_path: Path, path: Path_, value: Any, named: str) -> None:
    proof = document(drawn_draw(TICKETS), TICKETS)
    holder: Any = proof
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    code, words = verify_document(tmp_path, proof)
    assert (code, words.startswith(f"DOES NOT HOLD: {named}")) == (1, True), words


def swap_winners(proof: dict[str, Any]) -> None:
    first, second = proof["winners"][:2]
    first["entrant"], second["entrant"] = second["entrant"], first["entrant"]
    first["token"], second["token"] = second["token"], first["token"]


def crown_again(proof: dict[str, Any]) -> None:
    proof["winners"].append(dict(proof["winners"][0], award=11))


def forget_a_winner(proof: dict[str, Any]) -> None:
    proof["winners"].pop()


@pytest.mark.parametrize("cheat", [swap_winners, crown_again, forget_a_winner])
def test_other_winners_than_the_seeds_make_are_found(tmp_path: Path, cheat: Callable[[dict[str, Any]], None]) -> None:
    proof = document(drawn_draw(TICKETS), TICKETS)
    cheat(proof)
    code, words = verify_document(tmp_path, proof)
    assert (code, words.startswith("DOES NOT HOLD: winners")) == (1, True), words


@pytest.mark.parametrize("name", ["commitment", "root", "rule_hash", "second_seed"])
def test_what_was_published_before_is_held_against_the_proof(tmp_path: Path, name: str) -> None:
    proof = tmp_path / "proof.json"
    proof.write_text(proof_text(drawn_draw(TICKETS), TICKETS), encoding="utf-8")
    option = f"--{name.replace('_', '-')}"
    published = json.loads(proof.read_text(encoding="utf-8"))[name]
    assert run_verifier(proof, option, published.upper())[0] == 0
    code, words = run_verifier(proof, option, "0" * 64)
    assert (code, words.startswith(f"DOES NOT HOLD: {name}: what was published")) == (1, True), words


def test_a_field_that_is_there_twice_is_found(tmp_path: Path) -> None:
    text = proof_text(drawn_draw(TICKETS), TICKETS)
    path = tmp_path / "proof.json"
    path.write_text(text.replace('"state"', '"state": "open", "state"', 1), encoding="utf-8")
    assert run_verifier(path)[0] == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b"{}"])
def test_what_is_no_proof_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "proof.json"
    path.write_bytes(content)
    code, words = run_verifier(path)
    assert code in {1, 2}
    assert words.startswith(("DOES NOT HOLD: format", "NO PROOF"))


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    assert run_verifier(tmp_path / "absent.json")[0] == 2


def test_the_verifier_imports_the_standard_library_alone() -> None:
    tree = ast.parse(VERIFIER.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
