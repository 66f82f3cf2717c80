"""Draws, rules and proofs for tests, made of domain values alone."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from svc_reward.domain.draw import Draw, Frozen, new_draw
from svc_reward.domain.draw_entrant import MerkleTree, entrant_token, leaf_text
from svc_reward.domain.draw_proof import PublicWin, proof_closing, proof_leaves, proof_opening
from svc_reward.domain.draw_rule import DrawRule, Eligibility, Points, Prize
from svc_reward.domain.draw_selection import select_winners

VERIFIER = Path(__file__).parents[3] / "deploy" / "carillon_deploy" / "verify" / "draw.py"
OPENING = datetime(2026, 11, 1, 8, tzinfo=UTC)
CLOSE = OPENING + timedelta(days=20)
DEADLINE = CLOSE + timedelta(days=2)
SALT = b"s" * 32
FIRST_SEED = b"1" * 32
SECOND_SEED = b"2" * 32
EVERYBODY = [(number, f"order:{number}") for number in range(1, 41)]
COMMITMENT = hashlib.sha256(FIRST_SEED).digest()
PRIZES = (
    Prize(code="phone", name="手机", weight=1, stock=1),
    Prize(code="ticket", name="Concert ticket", weight=3, stock=4),
    Prize(code="seeds", name="Lucky seeds", weight=6, stock=20, points=Points(currency="seeds", amount=50)),
)


def rule(**changes: Any) -> DrawRule:
    """A rule of three prizes and ten awards."""
    fields: dict[str, Any] = {
        "draw_id": "0190a5c2-0000-7000-8000-000000000001",
        "name": "Stars of November",
        "campaign_id": "stars",
        "prizes": PRIZES,
        "awards": 10,
        "wins_per_person": 1,
        "eligibility": Eligibility(service="crbt", draw_month="2026-11"),
        "closes_at": CLOSE,
        "reveal_by": DEADLINE,
        "blinding": hashlib.sha256(SALT).digest(),
    }
    return DrawRule(**fields | changes)


def draft(**changes: Any) -> Draw:
    return new_draw(rule(**changes), branch="guangzhou", maker="maker", salt=SALT, at=OPENING)


def open_draw(**changes: Any) -> Draw:
    return draft(**changes).opened(commitment=COMMITMENT, by="maker", at=OPENING)


def entrants(tickets: Sequence[int]) -> list[tuple[bytes, int]]:
    """Tokens and tickets of subscribers 1, 2, ... in the order of their tokens."""
    return sorted((entrant_token(SALT, number), count) for number, count in enumerate(tickets, 1))


def frozen_draw(tickets: Sequence[int], **changes: Any) -> Draw:
    tree = MerkleTree()
    for token, count in entrants(tickets):
        tree.add(leaf_text(token, count))
    frozen = Frozen(entrants=len(tickets), tickets=sum(tickets), root=tree.root())
    return open_draw(**changes).closed(frozen, at=CLOSE)


def seeded_draw(tickets: Sequence[int], **changes: Any) -> Draw:
    return frozen_draw(tickets, **changes).seeded(second_seed=SECOND_SEED, by="notary", at=CLOSE)


def drawn_draw(tickets: Sequence[int], **changes: Any) -> Draw:
    return seeded_draw(tickets, **changes).drawn(first_seed=FIRST_SEED, by="maker", at=CLOSE)


def proof_text(draw: Draw, tickets: Sequence[int]) -> str:
    """The proof as it would be published."""
    known = entrants(tickets)
    wins = []
    if draw.first_seed:
        wins = [
            PublicWin(award=win.award, prize=win.prize, entrant=win.position, token=known[win.position - 1][0])
            for win in select_winners(draw.rule, [count for _, count in known], key=draw.key)
        ]
    middle = proof_leaves([leaf_text(*entrant) for entrant in known], first=True) if draw.frozen and known else ""
    return proof_opening(draw, wins) + middle + proof_closing(draw)


def run_verifier(proof: Path, *options: str) -> tuple[int, str]:
    """Exit code and words of the verifier, alone: no project, no installed package, no environment."""
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(proof), *options]
    done = subprocess.run(  # noqa: S603 -- our own file, by this Python
        command, capture_output=True, text=True, timeout=60, check=False, encoding="utf-8"
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def verify_document(folder: Path, document: Any) -> tuple[int, str]:
    """The same for a proof that a test has changed."""
    path = folder / "proof.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return run_verifier(path)
