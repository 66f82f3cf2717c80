"""Entrants as the public sees them, and the Merkle root over them; it must not give a subscriber's number away.

An entrant is a token and a number of tickets. Its leaf is the ASCII text ``<token in hex> <tickets>``, the leaves stand
in the order of their tokens, and the tree is RFC 6962's: SHA-256 over 0x00 and the leaf, or over 0x01 and two children,
where the left child covers the largest power of two of leaves that is smaller than the whole.
"""

import hashlib
import re
from dataclasses import dataclass, field

from carillon_chassis.errors import InvalidInput

TOKEN_BYTES = 16
SALT_BYTES = 32
MAX_SOURCE_KEY_LENGTH = 120
MAX_SUBSCRIBER_ID = 2**32 - 1
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
SOURCE_KEY = re.compile(rf"^[!-~]{{1,{MAX_SOURCE_KEY_LENGTH}}}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ticket: who, and for what (``order:77``, ``code:8F3K2``); the same key again is the same ticket (RWD-08).

    Raises InvalidInput ENTRY_INVALID.
    """

    subscriber_id: int
    source_key: str

    def __post_init__(self) -> None:
        if not 1 <= self.subscriber_id <= MAX_SUBSCRIBER_ID:
            raise InvalidInput(
                reason="ENTRY_INVALID",
                field="subscriber_id",
                detail=f"{self.subscriber_id} is no subscriber",
            )
        if SOURCE_KEY.fullmatch(self.source_key) is None:
            raise InvalidInput(
                reason="ENTRY_INVALID",
                field="source_key",
                detail=f"a source key has 1 to {MAX_SOURCE_KEY_LENGTH} printable ASCII characters without spaces",
            )


def entrant_token(salt: bytes, subscriber_id: int) -> bytes:
    """What stands for a subscriber in one draw: the first 16 bytes of SHA-256 over the salt and the id as 8 bytes.

    Salt and id have a fixed length, so the secret salt in front is as good as an HMAC. PostgreSQL computes the same.
    """
    return hashlib.sha256(salt + subscriber_id.to_bytes(8, "big")).digest()[:TOKEN_BYTES]


def leaf_text(token: bytes, tickets: int) -> str:
    """The leaf of one entrant."""
    return f"{token.hex()} {tickets}"


@dataclass(slots=True)
class MerkleTree:
    """The root over leaves that come one after another; keeps one hash a level, however many they are."""

    leaves: int = 0
    _peaks: list[bytes] = field(default_factory=list)

    def add(self, leaf: str) -> None:
        """Takes the next leaf."""
        node = hashlib.sha256(LEAF_PREFIX + leaf.encode("ascii")).digest()
        size = self.leaves
        # Each one bit at the end is a full tree of the same size, waiting for its sibling.
        while size & 1:
            node = hashlib.sha256(NODE_PREFIX + self._peaks.pop() + node).digest()
            size >>= 1
        self._peaks.append(node)
        self.leaves += 1

    def root(self) -> bytes:
        """The root over what was added, 32 bytes; the hash of nothing when nothing was."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = hashlib.sha256(NODE_PREFIX + peak + node).digest()
        return node
