"""What one value-added service of the inventory is; it must not know where services are kept or shown."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from carillon_chassis.errors import InvalidInput

CODE_PATTERN = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
# A caller who mistyped a code is helped by a few near ones, not by a list to read through.
SUGGESTIONS_LIMIT = 3
# Below this likeness (difflib's ratio, 0 to 1) a suggestion is more often noise than help.
SUGGESTION_LIKENESS = 0.6


class ServiceClass(StrEnum):
    """Marketing class of a service (CAT-03, CAT-05, CAT-07)."""

    MATURE = "MATURE"
    STRATEGIC = "STRATEGIC"
    SCALE = "SCALE"


class Ownership(StrEnum):
    """Who runs a service: the operator itself or a content partner (CAT-32)."""

    OWN = "OWN"
    SP = "SP"


class RevenueCalibre(StrEnum):
    """Which revenue a service counts in (CAT-14)."""

    DATA_VAS = "DATA_VAS"
    VOICE_VAS = "VOICE_VAS"


class Cluster(StrEnum):
    """Product clusters for joint marketing (CAT-18); the source gives them no names."""

    A = "a"
    B = "b"
    C = "c"
    D = "d"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPrices:
    """The three prices in fen that are always shown together (CAT-45); None where not priced yet."""

    premium_fen: int | None = None
    ordinary_fen: int | None = None
    non_member_fen: int | None = None

    def __post_init__(self) -> None:
        """Refuses a negative price."""
        for field in ("premium_fen", "ordinary_fen", "non_member_fen"):
            price_fen = getattr(self, field)
            if price_fen is not None and price_fen < 0:
                raise InvalidInput(
                    reason="PRICE_NEGATIVE", field=field, detail=f"A price is 0 fen or more, not {price_fen}."
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service of the inventory (CAT-01); `service_class` is None while unclassified (A-31)."""

    code: str
    name_zh: str
    name_en: str
    aliases_zh: tuple[str, ...] = ()
    service_class: ServiceClass | None = None
    suggested_class: ServiceClass | None = None
    parent_code: str | None = None
    ownership: Ownership = Ownership.OWN
    revenue_calibre: RevenueCalibre = RevenueCalibre.DATA_VAS
    cluster: Cluster | None = None
    ocrm_marketed: bool = False
    has_mining_model: bool = False
    instant_activation: bool = False
    prices: MemberPrices = MemberPrices()

    def __post_init__(self) -> None:
        """Refuses a code other programs could not hold on to, a nameless service and its own parent."""
        if CODE_PATTERN.fullmatch(self.code) is None:
            raise InvalidInput(
                reason="CODE_MALFORMED",
                field="code",
                detail=f"A service code is 2 to 64 capitals, digits and underscores, not {self.code!r}.",
            )
        if not self.name_zh or not self.name_en:
            raise InvalidInput(reason="NAME_MISSING", field="name_zh", detail=f"{self.code} needs both names.")
        if self.parent_code == self.code:
            raise InvalidInput(reason="PARENT_IS_SELF", field="parent", detail=f"{self.code} cannot be its own parent.")
        if self.service_class is not None and self.suggested_class is not None:
            raise InvalidInput(
                reason="CLASS_TWICE",
                field="suggested_class",
                detail=f"{self.code} has a stated class; a proposal beside it says nothing.",
            )


def closest_codes(wanted: str, known: Iterable[str]) -> tuple[str, ...]:
    """Says which known codes a mistyped one may have meant, the likeliest first; letter case is forgiven."""
    return tuple(
        difflib.get_close_matches(wanted.upper(), sorted(known), n=SUGGESTIONS_LIMIT, cutoff=SUGGESTION_LIKENESS)
    )
