"""Tokens of tracked links: how a random number is written in a text message; draws no randomness and says nothing of the subscriber."""

import string

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_VALUES = {sign: value for value, sign in enumerate(_ALPHABET)}
_BASE = len(_ALPHABET)
# 63 bits fill a PostgreSQL bigint: half the size of a text in a table of twelve million links, and still beyond guessing.
TOKEN_BITS = 63
# The shortest length that every 63-bit number fits.
TOKEN_LENGTH = 11


def write_token(number: int) -> str:
    """Writes a number below 2**63 as eleven letters and digits."""
    signs: list[str] = []
    for _ in range(TOKEN_LENGTH):
        number, rest = divmod(number, _BASE)
        signs.append(_ALPHABET[rest])
    return "".join(reversed(signs))


def write_link(public_url: str, token: int | None) -> str:
    """The link a contact gets; nothing for one without a token."""
    return "" if token is None else f"{public_url}/r/{write_token(token)}"


def read_token(token: str) -> int | None:
    """Reads a token back; None when no token of ours looks like that."""
    if len(token) != TOKEN_LENGTH or any(sign not in _VALUES for sign in token):
        return None
    number = 0
    for sign in token:
        number = number * _BASE + _VALUES[sign]
    return number if number < 1 << TOKEN_BITS else None
