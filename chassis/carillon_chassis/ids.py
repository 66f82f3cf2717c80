"""Identifiers: time-ordered UUIDs, so that new rows land side by side in an index."""

import secrets
import time
import uuid


def new_id() -> uuid.UUID:
    """Makes a UUID of version 7 (RFC 9562): 48 bits of milliseconds, then randomness."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = (
        (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    )
    return uuid.UUID(int=value)
