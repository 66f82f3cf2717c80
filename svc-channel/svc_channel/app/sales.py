"""What use cases ask of the service that counts sales; says nothing about how it is reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.texting.staff import Staff


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesLine:
    """So many orders over a touch point in a branch, both by the names that are shown, and what became of them."""

    touchpoint: str
    branch: str
    ordered: int
    active: int
    cancelled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesNames:
    """Codes by the names that people write, normalised."""

    services: Mapping[str, str]
    touchpoints: Mapping[str, str]


class Sales(Protocol):
    """The registered volume. All raise Unavailable while the catalogue is away."""

    async def names(self) -> SalesNames:
        """What can be asked for."""
        ...

    async def service_name(self, code: str, language: Language) -> str:
        """The service's name in the language."""
        ...

    async def count(
        self, staff: Staff, *, service: str, touchpoint: str, days: tuple[date, date], language: Language
    ) -> Sequence[SalesLine]:
        """What the staff may see of it; empty codes are all. Raises what the catalogue refuses."""
        ...
