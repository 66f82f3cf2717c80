"""How requests between the suite and an app store are signed; must not know what they say.

HMAC-SHA-256 in hexadecimal over five lines: what is signed (JOB, ANSWER or EVENT), the line's name, the idempotency key,
the time stamp, and the body's SHA-256. The contract is this suite's own: no store's is public, and none is claimed.
"""

import hashlib
import hmac
from typing import Final

TIMESTAMP_HEADER: Final = "x-carillon-timestamp"
SIGNATURE_HEADER: Final = "x-carillon-signature"
KEY_HEADER: Final = "idempotency-key"
JOB, ANSWER, EVENT = "JOB", "ANSWER", "EVENT"
# Clocks of two computers differ by less; what is older was recorded.
WINDOW_SECONDS: Final = 300.0
_STAMP_LIMIT: Final = 40


def sign(secret: bytes, kind: str, *, line: str, key: str, timestamp: str, body: bytes) -> str:
    """The signature of a request or an answer."""
    text = "\n".join((kind, line, key, timestamp, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def is_signed(signature: str, secret: bytes, kind: str, *, line: str, key: str, timestamp: str, body: bytes) -> bool:
    """Whether the signature is the one of these."""
    wanted = sign(secret, kind, line=line, key=key, timestamp=timestamp, body=body)
    return hmac.compare_digest(wanted.encode(), signature.encode())


def is_fresh(timestamp: str, *, now_seconds: float) -> bool:
    """Whether a time stamp (seconds since 1970, perhaps with a dot and more behind) is of these minutes."""
    seconds = timestamp.partition(".")[0]
    if len(timestamp) > _STAMP_LIMIT or not seconds.isascii() or not seconds.isdecimal():
        return False
    return abs(now_seconds - int(seconds)) <= WINDOW_SECONDS
