"""What a customer brand is and what its marketing leans on (CAT-09 to CAT-11); it must not hold campaigns."""

from dataclasses import dataclass

from carillon_chassis.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """One brand; `promote` is empty where the source names no kind of service."""

    code: str
    name_zh: str
    name_en: str
    tone: tuple[str, ...]
    promote: tuple[str, ...]
    lever: str

    def __post_init__(self) -> None:
        """Refuses a brand without a name or without a tone."""
        if not self.code or not self.name_zh or not self.name_en:
            raise InvalidInput(
                reason="NAME_MISSING", field="code", detail=f"A brand needs a code and both names: {self.code!r}."
            )
        if not self.tone:
            raise InvalidInput(
                reason="TONE_MISSING", field="tone", detail=f"Brand {self.code} says nothing about its tone."
            )
