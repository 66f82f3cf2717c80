"""Push-ids that only we can make: the message's number and a signature; must not know the message."""

import hashlib
import hmac
from typing import Final

# 96 bits: nobody guesses one, and the id stays short.
_SIGNATURE_DIGITS: Final = 24


def make_push_id(reference: int, *, domain: str, key: bytes) -> str:
    """The push-id of a message, the same at every try, so that a proxy knows a push that was sent again."""
    return f"{reference}.{_sign(str(reference), domain, key)}@{domain}"


def is_ours(push_id: str, *, key: bytes) -> bool:
    """Whether make_push_id made it with this key."""
    local, _, domain = push_id.partition("@")
    reference, _, signature = local.partition(".")
    return hmac.compare_digest(_sign(reference, domain, key).encode(), signature.encode())


def _sign(reference: str, domain: str, key: bytes) -> str:
    return hmac.new(key, f"push-id\n{reference}@{domain}".encode(), hashlib.sha256).hexdigest()[:_SIGNATURE_DIGITS]
