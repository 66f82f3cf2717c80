"""The submits a link has on the wire; must not write to it nor decide what happens to those in doubt."""

import asyncio
from typing import Generic

from svc_channel.adapters.line import Token
from svc_channel.domain.sequences import SequenceNumbers


class SubmitWindow(Generic[Token]):
    """Open submits by sequence number, oldest first, and who waits for a free place."""

    def __init__(self, *, size: int, sequences: SequenceNumbers) -> None:
        self._size = size
        self._sequences = sequences
        # Insertion order is the order of sending, so the oldest is always the first.
        self._open: dict[int, tuple[Token, float]] = {}
        self._waiting: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, sequence: object) -> bool:
        return sequence in self._open

    @property
    def has_room(self) -> bool:
        """True while one more submit may go out."""
        return len(self._open) < self._size

    def enter(self, token: Token, now: float) -> int:
        """Takes a place and gives the sequence number that no open submit has."""
        sequence = self._sequences.take(self._open)
        self._open[sequence] = (token, now)
        return sequence

    def leave(self, sequence: int) -> tuple[Token] | None:
        """Frees the place; a tuple, so that None may be a token; None for a number that is not open."""
        entry = self._open.pop(sequence, None)
        return None if entry is None else (entry[0],)

    def leave_older_than(self, moment: float) -> list[Token]:
        """Frees and gives the submits sent before ``moment`` (loop time)."""
        expired: list[int] = []
        for sequence, (_, sent_at) in self._open.items():
            if sent_at >= moment:
                break
            expired.append(sequence)
        return [self._open.pop(sequence)[0] for sequence in expired]

    def leave_all(self) -> tuple[Token, ...]:
        """Frees everything: what is open when a link ends is in doubt."""
        tokens = tuple(token for token, _ in self._open.values())
        self._open.clear()
        return tokens

    async def wait(self) -> None:
        """Returns when something changed; the caller looks again whether it has a place."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def wake(self) -> None:
        """Lets everyone who waits look again."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)
