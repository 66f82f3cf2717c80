"""Both MD5 authenticators of a CMPP connect, made and checked; must not keep or show a secret."""

import hashlib
import hmac
from datetime import datetime
from typing import Final

from svc_channel.domain.cmpp.commands import VERSION_30

AUTHENTICATOR_SIZE: Final = 16
_SOURCE_SIZE: Final = 6
_ZEROS: Final = bytes(9)
# How wide the status stands in the ISMG's MD5: 1 octet in 2.0 and 4 in 3.0, yet one common gateway takes 4 in both.
_STATUS_WIDTHS_3: Final = (4,)
_STATUS_WIDTHS_2: Final = (1, 4)


def timestamp_of(local: datetime) -> int:
    """MMDDHHMMSS of a local time as the number that the wire carries."""
    return int(local.strftime("%m%d%H%M%S"))


def authenticate_source(source: str, secret: str, timestamp: int) -> bytes:
    """AuthenticatorSource: MD5 of the source, nine zeros, the secret and the timestamp in ten digits.

    The leading zero of January to September is part of the digits, though the wire's number has none.
    """
    padded = source.encode("ascii").ljust(_SOURCE_SIZE, b"\0")
    return _md5(padded + _ZEROS + secret.encode("utf-8") + f"{timestamp:010d}".encode("ascii"))


def authenticate_ismg(status: int, authenticator_source: bytes, secret: str, *, version: int) -> bytes:
    """AuthenticatorISMG as the specification of ``version`` has it."""
    width = 4 if version >= VERSION_30 else 1
    return _ismg(status, authenticator_source, secret, width)


def is_same(told: bytes, expected: bytes) -> bool:
    """Compares two authenticators in a time that tells nothing."""
    return hmac.compare_digest(told, expected)


def verify_ismg(told: bytes, status: int, authenticator_source: bytes, secret: str, *, version: int) -> bool:
    """Whether the ISMG knows the secret too; on 2.x both widths of the status are taken."""
    widths = _STATUS_WIDTHS_3 if version >= VERSION_30 else _STATUS_WIDTHS_2
    return any(is_same(told, _ismg(status, authenticator_source, secret, width)) for width in widths)


def _ismg(status: int, authenticator_source: bytes, secret: str, width: int) -> bytes:
    return _md5(status.to_bytes(width, "big") + authenticator_source + secret.encode("utf-8"))


def _md5(octets: bytes) -> bytes:
    # The protocol allows no other; the flag lets it run where policies forbid MD5 for what we choose ourselves.
    return hashlib.md5(octets, usedforsecurity=False).digest()
