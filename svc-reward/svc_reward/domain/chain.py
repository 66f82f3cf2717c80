"""The hash chain over all transfers, in the order they were sealed: what was changed afterwards no longer fits.

Each link is the SHA-256 over the link before it and one content: a transfer's own, then each of its legs. It must not
know where contents are kept; whoever can rewrite every link after a change needs the head to be kept elsewhere too.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

LINK_BYTES = 32
# What the first link of all hangs on.
GENESIS = hashlib.sha256(b"carillon ledger").digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a transfer says, as UTF-8 text in one fixed form; None where it is missing."""

    transfer: int
    header: str | None
    legs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first thing that is wrong: ``leg`` of ``transfer`` (0 is the transfer itself), or ``account``."""

    detail: str
    transfer: int = 0
    leg: int = 0
    account: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """Where the chain ends, and the number up to which nothing is left to seal, the ``floor``.

    Numbers are drawn before they commit, so one may appear late. Who draws a number is a numbered transaction already;
    so when all transactions below ``watched_until`` have ended, which was numbered after ``watched`` was seen, no
    number up to ``watched`` can appear any more.
    """

    position: int
    link: bytes
    floor: int
    watched: int
    watched_until: int
    highest: int

    def after(
        self, *, position: int, link: bytes, complete_to: int, oldest_running: int, own_transaction: int
    ) -> "ChainHead":
        """The head when all that was to be seen up to the number ``complete_to`` is sealed."""
        settled = oldest_running >= self.watched_until and complete_to >= self.watched
        return ChainHead(
            position=position,
            link=link,
            floor=self.watched if settled else self.floor,
            watched=self.highest if settled else self.watched,
            watched_until=own_transaction if settled else self.watched_until,
            highest=max(self.highest, complete_to),
        )


def make_links(previous: bytes, content: Content) -> bytes:
    """The transfer's links in a row, LINK_BYTES each: the transfer's own, then one a leg."""
    return b"".join(_links(previous, content))


def last_link(links: bytes) -> bytes:
    """What the next transfer's first link hangs on."""
    return links[-LINK_BYTES:]


def find_fault(previous: bytes, content: Content, links: bytes) -> Fault | None:
    """The first leg that is not what was sealed, if any; leg 0 is the transfer itself."""
    expected = make_links(previous, content)
    if expected == links:
        return None
    if content.header is None:
        return Fault(transfer=content.transfer, detail="the transfer was sealed and is gone")
    leg = _first_difference(expected, links)
    what = "the transfer" if leg == 0 else f"leg {leg} of the transfer"
    return Fault(transfer=content.transfer, leg=leg, detail=f"{what} is not what was sealed")


def _links(previous: bytes, content: Content) -> Iterator[bytes]:
    link = previous
    for text in (content.header or "", *content.legs):
        link = hashlib.sha256(link + text.encode()).digest()
        yield link


def _first_difference(expected: bytes, links: bytes) -> int:
    for start in range(0, max(len(expected), len(links)), LINK_BYTES):
        if expected[start : start + LINK_BYTES] != links[start : start + LINK_BYTES]:
            return start // LINK_BYTES
    raise AssertionError("equal links have no difference")
