"""Page tokens: opaque to the caller, the last key seen to us."""

import base64
import binascii
import json

from carillon_chassis.errors import InvalidInput

DEFAULT_PAGE_SIZE = 50


def encode_token(*keys: str | int) -> str:
    """A token that says: go on after these keys."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def decode_token(token: str) -> list[str | int]:
    """The keys in a token; an empty list for an empty token. Raises InvalidInput PAGE_TOKEN_INVALID."""
    if not token:
        return []
    try:
        keys = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error):
        keys = None
    if not isinstance(keys, list) or not all(isinstance(key, str | int) for key in keys):
        raise InvalidInput(
            reason="PAGE_TOKEN_INVALID",
            field="page_token",
            detail="send the next_page_token of the page before, unchanged",
        )
    return keys
