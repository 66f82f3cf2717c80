r"""Verifies an exported audit log from its file alone; it must not import anything but Python's standard library.

Take this one file anywhere and run ``python audit.py audit.jsonl``. It seals every entry anew and names the first one
that does not hold. Exit 0: the log holds. Exit 1: it does not. Exit 2: there is no log to read.

A head that was written down elsewhere can be held against the log: with --head the chain must pass through it, so that
nobody can have sealed another past since.

The chain, "carillon-audit-1": lines of JSON. The first names the format, then comes one an entry, with the seal of the
entry before (``previous``, 64 zeros for the first) and its own (``hash``), and at the end how many there are and the
last seal. A seal is SHA-256 in hex over the JSON list, ASCII and without spaces, of sequence, previous, at (UTC, with
microseconds), subject, role, branch, action, target, outcome, reason, request_id, trace_id.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

FORMAT = "carillon-audit-1"
GENESIS = "0" * 64
SEALED = ("at", "subject", "role", "branch", "action", "target", "outcome", "reason", "request_id", "trace_id")
ENTRY = frozenset({"sequence", "previous", "hash", *SEALED})


class Broken(Exception):
    """The first thing that does not hold."""


def seal(entry: dict[str, Any], previous: str) -> str:
    """What an entry is sealed with at its place."""
    content = [entry["sequence"], previous, *(entry[name] for name in SEALED)]
    return hashlib.sha256(json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode()).hexdigest()


def verify(lines: Iterable[str], head: str = "") -> tuple[int, str]:
    """How many entries there are and the last seal; raises Broken, or ValueError for what is no log."""
    rows = _rows(lines)
    if next(rows, None) != {"format": FORMAT}:
        raise ValueError(f"the first line does not say {FORMAT}")
    sequence, previous, passed = 0, GENESIS, head in {"", GENESIS}
    for row in rows:
        if "entries" in row:
            _check_end(row, sequence, previous, rows)
            if not passed:
                raise Broken("the chain does not pass through the head that was kept")
            return sequence, previous
        if set(row) != ENTRY:
            raise Broken(f"entry {sequence + 1} does not have the fields of an entry")
        if row["sequence"] != sequence + 1:
            raise Broken(f"entry {sequence + 1} is gone")
        if row["previous"] != previous:
            raise Broken(f"entry {sequence + 1} does not seal the one before it")
        if seal(row, previous) != row["hash"]:
            raise Broken(f"entry {sequence + 1} was changed after it was sealed")
        sequence, previous = sequence + 1, row["hash"]
        passed = passed or previous == head
    raise Broken(f"the log ends after entry {sequence} without its head")


def _check_end(row: dict[str, Any], sequence: int, previous: str, rest: Iterator[dict[str, Any]]) -> None:
    if row["entries"] != sequence or row.get("head") != previous:
        raise Broken(f"the log ends at entry {sequence}, its head says {row['entries']}")
    if next(rest, None) is not None:
        raise Broken("something stands after the head")


def _rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise TypeError("a line is no JSON object")
        yield row


def main(arguments: Sequence[str] | None = None) -> int:
    """Verifies the file named on the command line and says what it found; the result is the exit code."""
    parser = argparse.ArgumentParser(description="Verify an exported audit log of Carillon.")
    parser.add_argument("file", help="what GET /api/v1/audit-log gave")
    parser.add_argument("--head", metavar="HEX", default="", help="a seal that you kept earlier")
    options = parser.parse_args(arguments)
    try:
        with open(options.file, encoding="utf-8") as file:  # noqa: PTH123 -- one file, one import less
            entries, head = verify(file, options.head.lower())
    except Broken as error:
        sys.stdout.write(f"DOES NOT HOLD: {error}\n")
        return 1
    except (OSError, ValueError, TypeError, RecursionError) as error:
        sys.stdout.write(f"NO LOG: {options.file} can't be read: {error}\n")
        return 2
    sys.stdout.write(f"HOLDS: {entries:,} entries\n")
    sys.stdout.write(f"its last seal, to be kept elsewhere: {head}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
