r"""Verifies an exported ledger from its file alone; it must not import anything but Python's standard library.

Take this one file anywhere and run ``python ledger.py ledger.jsonl``. It computes the hash chain anew, that every
transfer sums to zero, that every balance follows from the one before, and the sum of every currency; and names the
first thing that does not hold. Exit 0: the ledger holds. Exit 1: it does not. Exit 2: there is no ledger to read.

A link that was written down elsewhere can be held against it: with --link the chain must pass through it.

The file, "carillon-ledger-1": lines of JSON. The first names the format; then comes one a sealed transfer, in the order
of sealing, with its position, the transfer's number, its header and legs as the texts that were sealed, and the link
after its last leg; at the end the number of transfers, the last link and how many are booked and not sealed yet.
A link is SHA-256 over the link before and one text: the header, then each leg. The first hangs on the SHA-256 of
"carillon ledger". A header is the JSON list of number, id, digest, currency, legs, reason, booked at; a leg that of
transfer, leg, account, kind, owner, currency, opened at, sequence, amount, balance after, booked at.
"""

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

FORMAT = "carillon-ledger-1"
GENESIS = hashlib.sha256(b"carillon ledger").digest()
HEADER_FIELDS, LEG_FIELDS = 7, 11


class Broken(Exception):
    """The first thing that does not hold."""


@dataclass
class Books:
    """What the transfers come to: sums by currency, and each account's entries by their sequence."""

    transfers: int = 0
    entries: int = 0
    unsealed: int = 0
    link: bytes = GENESIS
    sums: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    accounts: dict[int, list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list))


def verify(lines: Iterable[str], kept: str = "") -> Books:
    """What the ledger comes to; raises Broken, or ValueError for what is no ledger."""
    rows = _rows(lines)
    if next(rows, None) != {"format": FORMAT}:
        raise ValueError(f"the first line does not say {FORMAT}")
    books, passed = Books(), kept in {"", GENESIS.hex()}
    for row in rows:
        if "transfers" in row:
            _check_end(row, books, rows)
            if not passed:
                raise Broken("the chain does not pass through the link that was kept")
            return books
        _take(row, books)
        passed = passed or books.link.hex() == kept
    raise Broken(f"the file ends after {books.transfers} transfers without the chain's end")


def _take(row: dict[str, Any], books: Books) -> None:
    if row.get("position") != books.transfers + 1:
        raise Broken(f"link {books.transfers + 1} of the chain is gone")
    number, header, legs = row["transfer"], row["header"], row["legs"]
    if header is None:
        raise Broken(f"transfer {number} was sealed and is gone")
    for text in (header, *legs):
        books.link = hashlib.sha256(books.link + text.encode()).digest()
    if books.link.hex() != row["link"]:
        raise Broken(f"transfer {number} is not what was sealed")
    _book(number, json.loads(header), [json.loads(leg) for leg in legs], books)
    books.transfers += 1
    books.entries += len(legs)


def _book(number: int, header: list[Any], legs: list[list[Any]], books: Books) -> None:
    if len(header) != HEADER_FIELDS or any(len(leg) != LEG_FIELDS for leg in legs):
        raise Broken(f"transfer {number} does not have the fields of a transfer")
    if header[0] != number or header[4] != len(legs):
        raise Broken(f"transfer {number} has {len(legs)} legs, its header says {header[4]} of transfer {header[0]}")
    if sum(leg[8] for leg in legs) != 0:
        raise Broken(f"transfer {number} does not sum to zero")
    for place, leg in enumerate(legs, start=1):
        if leg[0] != number or leg[1] != place or leg[5] != header[3]:
            raise Broken(f"leg {place} of transfer {number} is of another transfer or currency")
        books.sums[leg[5]] += leg[8]
        books.accounts[leg[2]].append((leg[7], leg[8], leg[9]))


def _check_end(row: dict[str, Any], books: Books, rest: Iterator[dict[str, Any]]) -> None:
    if row["transfers"] != books.transfers or row.get("link") != books.link.hex():
        raise Broken(f"the chain ends after {books.transfers} transfers, its head says {row['transfers']}")
    if next(rest, None) is not None:
        raise Broken("something stands after the chain's end")
    books.unsealed = row.get("unsealed", 0)
    for account, entries in books.accounts.items():
        _check_account(account, sorted(entries), whole=books.unsealed == 0)


def _check_account(account: int, entries: list[tuple[int, int, int]], *, whole: bool) -> None:
    """Each balance follows from the one before; what is not sealed yet may leave a gap, where anything may have been."""
    last, balance = 0, 0
    for sequence, amount, after in entries:
        if sequence <= last or (whole and sequence != last + 1):
            raise Broken(f"account {account} has no entry {last + 1}, or has it twice")
        if sequence == last + 1 and after != balance + amount:
            raise Broken(f"entry {sequence} of account {account} leaves {after}, not {balance + amount}")
        last, balance = sequence, after


def _rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise TypeError("a line is no JSON object")
        yield row


def main(arguments: Sequence[str] | None = None) -> int:
    """Verifies the file named on the command line and says what it found; the result is the exit code."""
    parser = argparse.ArgumentParser(description="Verify an exported ledger of Carillon.")
    parser.add_argument("file", help="what `carillon export ledger` wrote")
    parser.add_argument("--link", metavar="HEX", default="", help="a link that you kept earlier")
    options = parser.parse_args(arguments)
    try:
        with open(options.file, encoding="utf-8") as file:  # noqa: PTH123 -- one file, one import less
            books = verify(file, options.link.lower())
    except Broken as error:
        sys.stdout.write(f"DOES NOT HOLD: {error}\n")
        return 1
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        sys.stdout.write(f"NO LEDGER: {options.file} can't be read: {error}\n")
        return 2
    for currency, total in sorted(books.sums.items()):
        sys.stdout.write(f"{currency}: sums to {total}\n")
    sys.stdout.write(f"HOLDS: {books.transfers:,} transfers, {books.entries:,} entries, {books.unsealed:,} unsealed\n")
    sys.stdout.write(f"its last link, to be kept elsewhere: {books.link.hex()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
