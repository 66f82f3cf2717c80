"""Links by which a person has a tone played to the own phone without a portal; each is signed, and calls one number.

A token is base64url of the subscriber, the end (seconds since 1970, both 32 bits), the tone's code, and sixteen octets
of HMAC-SHA-256 over these. No number stands in it: the subscriber's is looked up when it is tapped.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from carillon_chassis.errors import InvalidInput, NotFound, StateRefused
from svc_channel.domain.hotline import TONE

# Shorter than the output of the hash; nobody finds another text for so much of it.
MAC_OCTETS: Final = 16
SECRET_LEAST: Final = 32
# A recommendation is looked at within days or never.
VALID_LIMIT: Final = timedelta(days=7)
# Taps so near to each other are one wish, and a page that is read ahead of its reader calls nobody twice.
WINDOW: Final = timedelta(minutes=10)
# However many links somebody has: no phone rings more often than this within a window.
CALLS_A_WINDOW: Final = 3
_HEAD: Final = struct.Struct(">II")
# The same secret signs nothing else under this name.
_PURPOSE: Final = b"audition-link\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditionLink:
    """Who is called, with which tone, and until when; ``expires_at`` in whole seconds."""

    subscriber_id: int
    tone: str
    expires_at: datetime

    def __post_init__(self) -> None:
        if not TONE.fullmatch(self.tone):
            raise InvalidInput(reason="TONE_INVALID", field="tone", detail="a tone code is 1 to 20 letters and digits")


def sign_link(link: AuditionLink, secret: bytes) -> str:
    """The token, of URL characters alone."""
    payload = _HEAD.pack(link.subscriber_id, int(link.expires_at.timestamp())) + link.tone.encode("ascii")
    return base64.urlsafe_b64encode(payload + _mac(payload, secret)).rstrip(b"=").decode("ascii")


def read_link(token: str, secret: bytes, *, now: datetime) -> AuditionLink:
    """What was signed. Raises NotFound LINK_UNKNOWN for anything we did not, StateRefused LINK_EXPIRED when it is over."""
    try:
        octets = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _unknown() from None
    payload, mac = octets[:-MAC_OCTETS], octets[-MAC_OCTETS:]
    if len(payload) <= _HEAD.size or not hmac.compare_digest(mac, _mac(payload, secret)):
        raise _unknown()
    subscriber_id, expires = _HEAD.unpack_from(payload)
    link = AuditionLink(
        subscriber_id=subscriber_id,
        tone=payload[_HEAD.size :].decode("ascii"),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )
    # Two spellings of one token would be two of them: the spare bits of base64 must be as we wrote them.
    if sign_link(link, secret) != token:
        raise _unknown()
    if now >= link.expires_at:
        raise over()
    return link


def over() -> StateRefused:
    """The link was ours, and calls nobody any more."""
    return StateRefused(reason="LINK_EXPIRED", field="token", detail="this link is over; dial 12530019 to hear tones")


def _mac(payload: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, _PURPOSE + payload, hashlib.sha256).digest()[:MAC_OCTETS]


def _unknown() -> NotFound:
    return NotFound(reason="LINK_UNKNOWN", field="token", detail="this link was never sent; check that it is whole")
