"""On which channels the operator meets its subscribers (CHN-01); it must not send anything."""

from dataclasses import dataclass
from enum import StrEnum

from carillon_chassis.errors import InvalidInput


class ChannelKind(StrEnum):
    """The two kinds among the eleven canonical channels."""

    ELECTRONIC = "ELECTRONIC"
    PHYSICAL = "PHYSICAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One channel; `kind` is None outside the eleven canonical ones (A-02)."""

    code: str
    name_zh: str
    name_en: str
    aliases_zh: tuple[str, ...] = ()
    kind: ChannelKind | None = None

    @property
    def canonical(self) -> bool:
        """Says whether the channel is one of the eleven of precision marketing."""
        return self.kind is not None

    def __post_init__(self) -> None:
        """Refuses a channel without a code or a name."""
        if not self.code or not self.name_zh or not self.name_en:
            raise InvalidInput(
                reason="NAME_MISSING", field="code", detail=f"A channel needs a code and both names: {self.code!r}."
            )
