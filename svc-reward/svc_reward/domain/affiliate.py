"""Who earns commission by bringing customers, and the links they spread; it must not know what is paid for it."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.account import AccountKind

# The owner of a ledger account looks like this too.
AFFILIATE_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
TARGET = re.compile(r"^https?://[^\s/]+\S*$")
MAX_NAME_LENGTH = 120
MAX_TARGET_LENGTH = 500
MAX_SERVICE_LENGTH = 64

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
# An "a" and twelve letters or digits: a campaign's token has eleven, so the edge tells them apart without asking.
TOKEN_PREFIX = "a"  # noqa: S105 -- the first letter of a link's address, no secret
_TOKEN_SIGNS = 12
# The most bits that twelve letters and digits hold: beyond guessing.
TOKEN_BITS = 71


class AffiliateKind(StrEnum):
    """The four classes of the internet model (RWD-12), then the other channels of the same engine (RWD-19, RWD-27)."""

    INDIVIDUAL = "individual"
    WEBSITE = "website"
    SOFTWARE = "software"
    SEARCH = "search"
    HALL = "hall"
    OUTLET = "outlet"
    CAMPUS = "campus"
    PARTNER = "partner"


# Whoever asks may become one of these; the others the operator registers.
OPEN_KINDS = frozenset({AffiliateKind.INDIVIDUAL, AffiliateKind.WEBSITE, AffiliateKind.SOFTWARE, AffiliateKind.SEARCH})
# On which kind of ledger account an affiliate's commission stands until it is settled.
EARNING_ACCOUNTS: Mapping[AffiliateKind, AccountKind] = MappingProxyType(
    dict.fromkeys(OPEN_KINDS, AccountKind.AFFILIATE)
    | dict.fromkeys((AffiliateKind.HALL, AffiliateKind.OUTLET, AffiliateKind.CAMPUS), AccountKind.OUTLET)
    | {AffiliateKind.PARTNER: AccountKind.PARTNER}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Affiliate:
    """One who earns commission (GWY-10). Raises InvalidInput AFFILIATE_INVALID."""

    id: str
    kind: AffiliateKind
    name: str
    branch: str
    registered_by: str
    registered_at: datetime

    def __post_init__(self) -> None:
        if AFFILIATE_ID.fullmatch(self.id) is None:
            raise _invalid("id", "an affiliate's id has 1 to 64 letters, digits, dots, dashes or underscores")
        if not 1 <= len(self.name) <= MAX_NAME_LENGTH or not self.name.isprintable():
            raise _invalid("name", f"an affiliate's name has 1 to {MAX_NAME_LENGTH} printable characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class AffiliateLink:
    """A link that books its clicks for an affiliate. Raises InvalidInput AFFILIATE_INVALID."""

    token: str
    affiliate_id: str
    service: str
    target: str
    created_at: datetime

    def __post_init__(self) -> None:
        if not 1 <= len(self.service) <= MAX_SERVICE_LENGTH or not self.service.isprintable():
            raise _invalid("service", f"a service's code has 1 to {MAX_SERVICE_LENGTH} printable characters")
        if len(self.target) > MAX_TARGET_LENGTH or TARGET.fullmatch(self.target) is None:
            raise _invalid("target", f"a link leads to an http or https address of at most {MAX_TARGET_LENGTH} signs")


def write_link_token(number: int) -> str:
    """Writes a random number below 2**TOKEN_BITS as the token of an affiliate's link."""
    signs: list[str] = []
    for _ in range(_TOKEN_SIGNS):
        number, rest = divmod(number, len(_ALPHABET))
        signs.append(_ALPHABET[rest])
    return TOKEN_PREFIX + "".join(reversed(signs))


def _invalid(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="AFFILIATE_INVALID", field=field, detail=detail)
