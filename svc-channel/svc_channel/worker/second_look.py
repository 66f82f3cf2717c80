"""Judges what is left of a claim again while a slow line works through it; what may go no more is not written to the wire."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

# An opt-out reaches every channel within a second of its arrival: some 20 ms until it is durable, which no claim after
# that misses, and this long at most until the claims that are already taken know of it. A fast line is through before.
LOOK_SECONDS = 0.5


class Judge(Protocol):
    """Who knows what may go no more."""

    async def barred(self, message_ids: Sequence[int]) -> dict[int, str] | None:
        """Of these messages those that may go no more, or not now, with the reason; None where nobody can say."""
        ...


class SecondLook:
    """One claim's messages, in whatever order they go."""

    def __init__(self, judge: Judge, message_ids: Iterable[int], *, monotonic: Callable[[], float]) -> None:
        self._judge = judge
        self._left = dict.fromkeys(message_ids)
        self._barred: dict[int, str] = {}
        self._monotonic = monotonic
        self._looked_at = monotonic()

    async def refusal(self, message_id: int) -> str:
        """Why this message may not go, empty when it may; asked right before its first part is written.

        QUIET_HOURS keeps it for later, every other reason for ever.
        """
        if self._monotonic() - self._looked_at >= LOOK_SECONDS:
            found = await self._judge.barred(list(self._left))
            # What an earlier look barred stays so while nobody can be asked.
            self._barred = self._barred if found is None else found
            self._looked_at = self._monotonic()
        self._left.pop(message_id, None)
        return self._barred.get(message_id, "")
