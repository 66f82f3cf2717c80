"""Hashes client secrets with scrypt and checks them; it must never keep or log a secret itself."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict

from carillon_chassis.errors import InvalidInput

# RFC 7914's interactive setting: 16 MiB and about 35 ms a guess on our box, so a stolen table is slow to search.
COST = 2**14
BLOCK_SIZE = 8
PARALLELISM = 1
SALT_BYTES = 16
HASH_BYTES = 32
# scrypt needs 128 * COST * BLOCK_SIZE bytes; OpenSSL's own ceiling is just that, so twice is asked for.
MEMORY_LIMIT_BYTES = 2 * 128 * COST * BLOCK_SIZE
# 16 random characters hold 95 bits: beyond guessing even with a fast hash.
SECRET_MIN_LENGTH = 16
# A longer secret than any generator makes is an attempt to make us hash megabytes.
SECRET_MAX_LENGTH = 512
# Each remembered client saves 35 ms a token; a suite has tens of clients.
REMEMBERED_LIMIT = 1024

SCHEME = "scrypt"


def hash_secret(secret: str, *, salt: bytes) -> str:
    """The stored form ``scrypt$cost$block$parallelism$salt$hash``. Raises InvalidInput SECRET_WEAK."""
    if not SECRET_MIN_LENGTH <= len(secret) <= SECRET_MAX_LENGTH:
        raise InvalidInput(
            reason="SECRET_WEAK",
            field="client_secret",
            detail=f"a secret has {SECRET_MIN_LENGTH} to {SECRET_MAX_LENGTH} characters",
        )
    digest = _derive(secret, salt, COST, BLOCK_SIZE, PARALLELISM)
    return "$".join((SCHEME, str(COST), str(BLOCK_SIZE), str(PARALLELISM), _text(salt), _text(digest)))


def secret_matches(secret: str, stored: str) -> bool:
    """Whether the secret has that stored hash; costs about 35 ms, so it belongs in a thread."""
    if len(secret) > SECRET_MAX_LENGTH:
        return False
    try:
        scheme, cost, block_size, parallelism, salt, digest = stored.split("$")
        derived = _derive(secret, base64.b64decode(salt), int(cost), int(block_size), int(parallelism))
        expected = base64.b64decode(digest)
    except (ValueError, binascii.Error):
        return False
    return scheme == SCHEME and hmac.compare_digest(derived, expected)


class RememberedSecrets:
    """Secrets that matched once, under a key of this process, so that the next token costs microseconds.

    What is kept is a keyed digest of secret and stored hash together: a rotated secret is forgotten by itself,
    and memory holds no secret.
    """

    def __init__(self, key: bytes = b"") -> None:
        self._key = key or secrets.token_bytes(32)
        self._matched: OrderedDict[bytes, None] = OrderedDict()

    def knows(self, secret: str, stored: str) -> bool:
        """Whether this very pair matched before."""
        digest = self._digest(secret, stored)
        if digest not in self._matched:
            return False
        self._matched.move_to_end(digest)
        return True

    def remember(self, secret: str, stored: str) -> None:
        """Keeps a pair that matched; the one unused longest makes room."""
        self._matched[self._digest(secret, stored)] = None
        while len(self._matched) > REMEMBERED_LIMIT:
            self._matched.popitem(last=False)

    def _digest(self, secret: str, stored: str) -> bytes:
        return hmac.digest(self._key, f"{stored}\n{secret}".encode(errors="surrogatepass"), "sha256")


def _derive(secret: str, salt: bytes, cost: int, block_size: int, parallelism: int) -> bytes:
    return hashlib.scrypt(
        secret.encode(errors="surrogatepass"),
        salt=salt,
        n=cost,
        r=block_size,
        p=parallelism,
        maxmem=MEMORY_LIMIT_BYTES,
        dklen=HASH_BYTES,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
