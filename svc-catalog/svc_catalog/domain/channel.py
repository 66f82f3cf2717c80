"""On which touch points the operator meets its subscribers (CHN-01); it must not send anything."""

from dataclasses import dataclass
from enum import StrEnum

from carillon_chassis.errors import InvalidInput


class ChannelKind(StrEnum):
    """The two kinds among the eleven canonical channels."""

    ELECTRONIC = "ELECTRONIC"
    PHYSICAL = "PHYSICAL"


class ChannelRole(StrEnum):
    """What a sort of channel is for (CHN-05)."""

    SCALE_PROMOTION = "SCALE_PROMOTION"
    """Social channels promote mature products at scale."""
    INTERACTIVE_PRECISION = "INTERACTIVE_PRECISION"
    """Electronic channels market interactively and precisely."""
    EXPERIENCE = "EXPERIENCE"
    """Service halls, with what stands in them (CHN-39), let people experience."""


class Contact(StrEnum):
    """Who speaks first."""

    ACTIVE = "ACTIVE"
    PASSIVE = "PASSIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One touch point; ``kind`` is None outside the eleven canonical ones (A-02), the others where no document says.

    ``spellings`` are other ways in which orders name it; ``has_outlets`` says that places of this kind are registered.
    """

    code: str
    name_zh: str
    name_en: str
    aliases_zh: tuple[str, ...] = ()
    kind: ChannelKind | None = None
    role: ChannelRole | None = None
    contact: Contact | None = None
    spellings: tuple[str, ...] = ()
    has_outlets: bool = False

    @property
    def canonical(self) -> bool:
        """Says whether the channel is one of the eleven of precision marketing."""
        return self.kind is not None

    def __post_init__(self) -> None:
        """Refuses a channel without a code or a name, and spellings that nothing would be found by."""
        if not self.code or not self.name_zh or not self.name_en:
            raise InvalidInput(
                reason="NAME_MISSING", field="code", detail=f"A channel needs a code and both names: {self.code!r}."
            )
        if any(not spelling or spelling != spelling.lower() for spelling in self.spellings):
            raise InvalidInput(
                reason="SPELLING_MALFORMED",
                field="spellings",
                detail=f"Spellings of {self.code} are in small letters: case is forgiven when they are compared.",
            )
