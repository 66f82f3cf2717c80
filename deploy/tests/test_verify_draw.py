"""`carillon verify draw`: the same verifier, words and exit codes as the file alone."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from carillon_deploy.cli import app
from carillon_deploy.verify import draw

RULE = {
    "algorithm": draw.ALGORITHM,
    "awards": 1,
    "blinding": "b" * 64,
    "campaign": "stars",
    "closes_at": "2026-11-21T08:00:00.000000Z",
    "draw": "0190a5c2-0000-7000-8000-000000000001",
    "eligibility": None,
    "name": "Stars",
    "prizes": [{"code": "phone", "name": "Phone", "points": None, "stock": 1, "weight": 1}],
    "reveal_by": "2026-11-23T08:00:00.000000Z",
    "ticket_price": None,
    "wins_per_person": 1,
}


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """The proof of a draw that is open."""
    document = {"format": draw.FORMAT, "state": "open", "rule": RULE, "commitment": "c" * 64}
    document["rule_hash"] = draw.sha256(f"{draw.ALGORITHM} rule\n".encode(), draw.canonical(RULE)).hex()
    document["digest"] = draw.sha256(f"{draw.ALGORITHM} proof\n".encode(), draw.canonical(document)).hex()
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 0, "HOLDS: rule, commitment, digest"),
        (["--commitment", "c" * 64], 0, "published commitment"),
        (["--commitment", "d" * 64], 1, "DOES NOT HOLD: commitment: what was published"),
        (["--root", "d" * 64], 1, "DOES NOT HOLD: root"),
    ],
)
def test_the_command_says_what_holds(proof: Path, options: list[str], code: int, said: str) -> None:
    result = CliRunner().invoke(app, ["verify", "draw", str(proof), *options])
    assert (result.exit_code, said in result.output) == (code, True), result.output


def test_a_proof_that_was_edited_ends_with_1_and_a_missing_one_with_2(proof: Path) -> None:
    proof.write_text(proof.read_text(encoding="utf-8").replace("Stars", "Stores"), encoding="utf-8")
    edited = CliRunner().invoke(app, ["verify", "draw", str(proof)])
    assert (edited.exit_code, "DOES NOT HOLD: rule_hash" in edited.output) == (1, True)
    assert CliRunner().invoke(app, ["verify", "draw", str(proof.parent / "absent.json")]).exit_code == 2
