"""The published proof of a draw, as the stand-alone verifier reads it; it must not hold anything personal.

Its digest covers all but the leaves, which the root covers.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carillon_chassis.errors import StateRefused
from svc_reward.domain.draw import Draw, DrawState
from svc_reward.domain.draw_rule import ALGORITHM

FORMAT = "carillon-draw-proof-1"
DIGEST_PREFIX = f"{ALGORITHM} proof\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicWin:
    """A win as everybody may see it: the entrant by position, counted from 1, and token."""

    award: int
    prize: str
    entrant: int
    token: bytes


def proof_opening(draw: Draw, wins: Sequence[PublicWin]) -> str:
    """The proof's JSON up to its leaves; with :func:`proof_closing` behind it, and the leaves between, it is whole.

    ``wins`` are empty unless the draw is drawn. Raises StateRefused DRAW_NOT_OPEN for what was never published.
    """
    if not draw.commitment:
        raise StateRefused(
            reason="DRAW_NOT_OPEN", field="draw_id", detail="the draw was never opened, so there is nothing to prove"
        )
    document = _document(draw, wins)
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    document["digest"] = hashlib.sha256(DIGEST_PREFIX + text.encode()).hexdigest()
    opening = json.dumps(document, ensure_ascii=False, indent=1)
    return opening.removesuffix("\n}") + (',\n "leaves": [' if draw.frozen else "")


def proof_leaves(leaves: Sequence[str], *, first: bool) -> str:
    """Some leaves, as they follow one another in the proof."""
    text = ",\n".join(f'"{leaf}"' for leaf in leaves)
    return f"\n{text}" if first else f",\n{text}"


def proof_closing(draw: Draw) -> str:
    """What ends the proof."""
    return "\n]\n}\n" if draw.frozen else "\n}\n"


def _document(draw: Draw, wins: Sequence[PublicWin]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format": FORMAT,
        "state": str(draw.state),
        "rule": draw.rule.document(),
        "rule_hash": draw.rule.digest().hex(),
        "commitment": draw.commitment.hex(),
    }
    if draw.state is DrawState.VOID:
        document["void_reason"] = draw.void_reason
    if draw.frozen:
        document |= {
            "entrants": draw.frozen.entrants,
            "tickets": draw.frozen.tickets,
            "root": draw.frozen.root.hex(),
        }
    if draw.second_seed:
        document["second_seed"] = draw.second_seed.hex()
    if draw.state is DrawState.DRAWN:
        document |= {
            "first_seed": draw.first_seed.hex(),
            "key": draw.key.hex(),
            "winners": [
                {"award": win.award, "prize": win.prize, "entrant": win.entrant, "token": win.token.hex()}
                for win in wins
            ],
        }
    return document
