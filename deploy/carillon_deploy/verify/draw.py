r"""Verifies the proof of a draw from its file alone; it must not import anything but Python's standard library.

Take this one file anywhere and run ``python draw.py proof.json``. It computes everything anew: the hash of the rule, the
seed's commitment, the Merkle root over the entrants, the key and every winner; and names the first thing that does not
hold. Exit 0: the proof holds. Exit 1: it does not. Exit 2: there is no proof to read.

What was published before the draw can be held against the proof: --rule-hash, --commitment, --root, --second-seed.

The way of drawing, "carillon-draw-1" (SHA-256 throughout, | puts bytes in a row, numbers are big-endian):
  rule hash   H("carillon-draw-1 rule\n" | the rule as JSON: sorted keys, no spaces, ASCII)
  commitment  H(first seed)
  leaf        H(0x00 | "<token> <tickets>"), in the order of the tokens; tokens are 32 hexadecimal digits
  node        H(0x01 | left | right), the left one over the largest power of two of leaves smaller than the whole
  key         H("carillon-draw-1 key\n" | first seed | second seed | root | rule hash)
  numbers     the first 8 bytes of H(key | counter), counter 0, 1, 2, ... in 8 bytes; to get one below n, numbers from
              the largest multiple of n within 2^64 on are thrown away, and of the others the remainder by n is taken
  award       first its prize, by weight among those in stock, then its ticket among those left, entrant by entrant.
              A ticket wins once; an entrant who has won as often as the rule allows is out with all tickets.
  digest      H("carillon-draw-1 proof\n" | everything but leaves and digest, as JSON like the rule)
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Proof = dict[str, Any]
Kind = type | tuple[type, ...]

ALGORITHM = "carillon-draw-1"
FORMAT = "carillon-draw-proof-1"
OPEN = frozenset({"format", "state", "rule", "rule_hash", "commitment", "digest"})
FROZEN = OPEN | {"entrants", "tickets", "root", "leaves"}
SEEDED = FROZEN | {"second_seed"}
DRAWN = SEEDED | {"first_seed", "key", "winners"}
# Which fields a proof has in which state; a void draw has got as far as it got.
FIELDS = {
    "open": (OPEN,),
    "frozen": (FROZEN,),
    "seeded": (SEEDED,),
    "drawn": (DRAWN,),
    "void": tuple(stage | {"void_reason"} for stage in (OPEN, FROZEN, SEEDED)),
}
RULE_FIELDS: Mapping[str, Kind] = {
    "algorithm": str,
    "awards": int,
    "blinding": str,
    "campaign": str,
    "closes_at": str,
    "draw": str,
    "eligibility": (dict, type(None)),
    "name": str,
    "prizes": list,
    "reveal_by": str,
    "ticket_price": (dict, type(None)),
    "wins_per_person": int,
}
PRIZE_FIELDS: Mapping[str, Kind] = {"code": str, "name": str, "points": (dict, type(None)), "stock": int, "weight": int}
WINNER_FIELDS: Mapping[str, Kind] = {"award": int, "prize": str, "entrant": int, "token": str}
HASH = re.compile(r"[0-9a-f]{64}")
LEAF = re.compile(r"([0-9a-f]{32}) ([1-9][0-9]{0,17})")
WORDS = 1 << 64


class Broken(Exception):
    """The first thing that does not hold."""


def sha256(*parts: bytes) -> bytes:
    """The hash of the parts in a row."""
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: Any) -> bytes:
    """The one way to write a JSON value down."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def require(holds: object, what: str) -> None:
    """Raises Broken unless it holds."""
    if not holds:
        raise Broken(what)


def require_shape(value: Any, fields: Mapping[str, Kind], what: str) -> None:
    """Exactly these fields of exactly these types: True is no 1, and 1.0 neither."""
    require(type(value) is dict and value.keys() == fields.keys(), f"{what}: the fields are not {', '.join(fields)}")
    for name, kind in fields.items():
        require(type(value[name]) in (kind if type(kind) is tuple else (kind,)), f"{what}: {name} has the wrong type")


def read_hash(proof: Proof, name: str) -> bytes:
    """The 32 bytes in that field."""
    value = proof[name]
    require(type(value) is str and HASH.fullmatch(value), f"{name}: not 64 hexadecimal digits")
    return bytes.fromhex(value)


def verify_rule(proof: Proof) -> None:
    """The rule is one that can be drawn by, and its hash is right."""
    rule = proof["rule"]
    require_shape(rule, RULE_FIELDS, "rule")
    require(rule["algorithm"] == ALGORITHM, f"rule: the algorithm is not {ALGORITHM}")
    for prize in rule["prizes"]:
        require_shape(prize, PRIZE_FIELDS, "rule: a prize")
        require(prize["weight"] > 0 and prize["stock"] > 0, "rule: a prize without weight or stock")
    require(0 < rule["awards"] <= sum(prize["stock"] for prize in rule["prizes"]), "rule: awards are not in stock")
    require(rule["wins_per_person"] > 0, "rule: nobody may win")
    found = sha256(f"{ALGORITHM} rule\n".encode(), canonical(rule))
    require(read_hash(proof, "rule_hash") == found, f"rule_hash: the rule's hash is {found.hex()}")


def read_entrants(proof: Proof) -> tuple[list[str], list[int]]:
    """Tokens and tickets of the entrants, in their order."""
    require(type(proof["leaves"]) is list, "leaves: not a list")
    tokens: list[str] = []
    tickets: list[int] = []
    before = ""
    for number, leaf in enumerate(proof["leaves"], 1):
        match = LEAF.fullmatch(leaf) if type(leaf) is str else None
        if match is None:
            raise Broken(f"leaves: entrant {number} is not '<token> <tickets>'")
        require(match[1] > before, f"leaves: entrant {number} is not in the order of the tokens, or is there twice")
        before = match[1]
        tokens.append(before)
        tickets.append(int(match[2]))
    for name, found in (("entrants", len(tokens)), ("tickets", sum(tickets))):
        require(type(proof[name]) is int and proof[name] == found, f"{name}: the leaves have {found}")
    return tokens, tickets


def verify_root(proof: Proof) -> None:
    """The Merkle root is over these leaves."""
    level = [sha256(b"\x00", leaf.encode()) for leaf in proof["leaves"]]
    while len(level) > 1:
        # Pairs from the left; who is left over goes up unpaired, which is the same tree as in the text above.
        level = [
            sha256(b"\x01", *level[at : at + 2]) if at + 1 < len(level) else level[at] for at in range(0, len(level), 2)
        ]
    found = level[0] if level else sha256()
    require(read_hash(proof, "root") == found, f"root: the leaves' root is {found.hex()}")


def numbers_below(key: bytes) -> Callable[[int], int]:
    """A function that gives the next number below its argument."""
    counter = iter(range(WORDS))

    def below(bound: int) -> int:
        while True:
            word = int.from_bytes(sha256(key, next(counter).to_bytes(8, "big"))[:8], "big")
            if word < WORDS - WORDS % bound:
                return word % bound

    return below


class Tickets:
    """Sums of tickets in a tree of halves, so that a million winners are found in seconds."""

    def __init__(self, tickets: list[int]) -> None:
        self.leaves = 1
        while self.leaves < len(tickets):
            self.leaves *= 2
        self.sums = [0] * self.leaves + tickets + [0] * (self.leaves - len(tickets))
        for node in range(self.leaves - 1, 0, -1):
            self.sums[node] = self.sums[2 * node] + self.sums[2 * node + 1]

    def left(self) -> int:
        """How many tickets have not won."""
        return self.sums[1]

    def holder(self, ticket: int) -> int:
        """The entrant, counted from 0, who holds that ticket among those left."""
        node = 1
        while node < self.leaves:
            node *= 2
            if ticket >= self.sums[node]:
                ticket -= self.sums[node]
                node += 1
        return node - self.leaves

    def take(self, entrant: int, *, everything: bool) -> None:
        """Takes one ticket of the entrant out, or all."""
        node = entrant + self.leaves
        taken = self.sums[node] if everything else 1
        while node:
            self.sums[node] -= taken
            node //= 2


def draw_winners(rule: Proof, key: bytes, tickets: list[int]) -> list[tuple[str, int]]:
    """Pairs of a prize's code and an entrant, counted from 0, in the order of the awards."""
    below, tree = numbers_below(key), Tickets(tickets)
    stock = [prize["stock"] for prize in rule["prizes"]]
    wins: dict[int, int] = {}
    winners: list[tuple[str, int]] = []
    while len(winners) < rule["awards"] and tree.left():
        left = [(index, prize) for index, prize in enumerate(rule["prizes"]) if stock[index]]
        number = below(sum(prize["weight"] for _, prize in left))
        for index, prize in left:  # noqa: B007 -- the one it stops at is the prize
            if number < prize["weight"]:
                break
            number -= prize["weight"]
        stock[index] -= 1
        entrant = tree.holder(below(tree.left()))
        wins[entrant] = wins.get(entrant, 0) + 1
        tree.take(entrant, everything=wins[entrant] == rule["wins_per_person"])
        winners.append((prize["code"], entrant))
    return winners


def verify_winners(proof: Proof, tokens: list[str], tickets: list[int]) -> None:
    """The seeds are the right ones, and they make these winners."""
    first, second, rule_hash, root = (
        read_hash(proof, name) for name in ("first_seed", "second_seed", "rule_hash", "root")
    )
    require(sha256(first) == read_hash(proof, "commitment"), "commitment: it is not the hash of the first seed")
    key = sha256(f"{ALGORITHM} key\n".encode(), first, second, root, rule_hash)
    require(read_hash(proof, "key") == key, f"key: seeds, root and rule make {key.hex()}")
    drawn = draw_winners(proof["rule"], key, tickets)
    given = proof["winners"]
    require(type(given) is list, "winners: not a list")
    for award, ((prize, entrant), winner) in enumerate(zip(drawn, given), 1):  # noqa: B905 -- lengths are compared below
        require_shape(winner, WINNER_FIELDS, f"winners: award {award}")
        right = {"award": award, "prize": prize, "entrant": entrant + 1, "token": tokens[entrant]}
        require(winner == right, f"winners: award {award} is {prize} for entrant {entrant + 1}, {tokens[entrant]}")
    require(len(given) == len(drawn), f"winners: there are {len(drawn)}, the proof names {len(given)}")


def verify(proof: Proof, published: Mapping[str, str]) -> list[str]:
    """What was found to hold. Raises Broken with the first thing that does not."""
    require(type(proof) is dict and proof.get("format") == FORMAT, f"format: this is no {FORMAT}")
    state = str(proof.get("state"))
    require(state in FIELDS, "state: unknown")
    require(set(proof) in FIELDS[state], f"state: the fields are not those of a draw that is {state}")
    verify_rule(proof)
    read_hash(proof, "commitment")
    held = ["rule", "commitment"]
    tokens: list[str] = []
    tickets: list[int] = []
    if "leaves" in proof:
        tokens, tickets = read_entrants(proof)
        verify_root(proof)
        held += ["entrants", "root"]
    if "second_seed" in proof:
        read_hash(proof, "second_seed")
    if "winners" in proof:
        verify_winners(proof, tokens, tickets)
        held += ["seeds", "winners"]
    bare = {name: value for name, value in proof.items() if name not in {"leaves", "digest"}}
    digest = sha256(f"{ALGORITHM} proof\n".encode(), canonical(bare))
    require(read_hash(proof, "digest") == digest, f"digest: the proof's digest is {digest.hex()}")
    for name, value in published.items():
        require(proof.get(name) == value, f"{name}: what was published is not what the proof says")
    return [*held, "digest", *(f"published {name}" for name in published)]


def unique(pairs: list[tuple[str, Any]]) -> Proof:
    """An object as a dict; who reads only the first or the last of two equal keys could be told two stories."""
    fields = dict(pairs)
    require(len(fields) == len(pairs), "shape: a field is there twice")
    return fields


def main(arguments: Sequence[str] | None = None) -> int:
    """Verifies the file named on the command line and says what it found; the result is the exit code."""
    parser = argparse.ArgumentParser(description="Verify the proof of a Carillon draw.")
    parser.add_argument("file", help="what GET /api/v1/draws/{id}/proof gave")
    for name in ("rule_hash", "commitment", "root", "second_seed"):
        parser.add_argument("--" + name.replace("_", "-"), metavar="HEX", help=f"the {name} that you saw published")
    options = vars(parser.parse_args(arguments))
    path = options.pop("file")
    published = {name: value.lower() for name, value in options.items() if value is not None}
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 -- one file, one import less
            proof = json.load(file, object_pairs_hook=unique)
        held = verify(proof, published)
    except Broken as error:
        sys.stdout.write(f"DOES NOT HOLD: {error}\n")
        return 1
    except (OSError, ValueError, RecursionError) as error:
        sys.stdout.write(f"NO PROOF: {path} can't be read: {error}\n")
        return 2
    rule = proof["rule"]
    sys.stdout.write(f"draw {rule['draw']}, {json.dumps(rule['name'], ensure_ascii=False)}: {proof['state']}\n")
    if "leaves" in proof:
        sys.stdout.write(f"{proof['entrants']:,} entrants with {proof['tickets']:,} tickets\n")
    sys.stdout.write(f"{len(proof['winners']):,} winners\n" if "winners" in proof else "nobody has won yet\n")
    sys.stdout.write(f"HOLDS: {', '.join(held)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
