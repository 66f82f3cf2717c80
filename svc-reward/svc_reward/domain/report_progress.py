"""How far a report has come, city by city and prize by prize (RWD-03); it must not count anything itself."""

from dataclasses import dataclass

from svc_reward.domain.fulfilment import FulfilmentKind, FulfilmentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Items of one prize in one state, in one city; ``city`` is None while it is being asked for."""

    city: str | None
    prize: str
    name: str
    kind: FulfilmentKind
    state: FulfilmentState
    items: int
    quantity: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CityFile:
    """A city's part of a report as it was issued, and the SHA-256 of its file in hex."""

    city: str
    items: int
    file_sha256: str
