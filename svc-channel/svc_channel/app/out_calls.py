"""The out-call system as use cases see it; says nothing of how it is reached."""

from typing import Protocol
from uuid import UUID


class CallRefused(Exception):
    """The system does not take the call, and would not the next time; ``reason`` is its own word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutCalls(Protocol):
    """Places calls that play a tone."""

    async def place(self, call_id: UUID, *, msisdn: str, tone: str) -> None:
        """Hands a call over; the same id again is the same call. Raises CallRefused, Unavailable."""
        ...
