"""How use cases ask the knowledge base; says nothing of how answers are found."""

from dataclasses import dataclass
from typing import Protocol

from svc_channel.domain.robots.knowledge import Audience, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best entry, and which share of the question it covers."""

    entry: Entry
    confidence: float


class Knowledge(Protocol):
    """Finds answers."""

    async def ask(self, question: str, audience: Audience) -> Found | None:
        """The best entry for this audience; None where none is sure enough. Staff have the subscribers' entries too.

        Raises Unavailable while the entries can't be read.
        """
        ...
