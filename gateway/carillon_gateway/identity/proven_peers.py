"""Which peers behind lines have proved lately who they are, and how often each may call; it must not prove anybody itself."""

from collections import OrderedDict

from carillon_gateway.identity.buckets import Buckets

# How long a call that was taken speaks for the next ones. A peer that keeps on calling keeps its standing.
PROVEN_SECONDS = 600.0
# Lines are a handful, and addresses of theirs not many more; past this many the one silent longest is forgotten.
PEERS_LIMIT = 1_000


class ProvenPeers:
    """A budget a line for peers that came with its proof from the same address before.

    Who they are only svc-channel can tell. Until it has taken something from an address for a line, and again once it
    refuses something from there, that address has the budget that any other has.
    """

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets
        self._proven: OrderedDict[tuple[str, str], float] = OrderedDict()

    def take(self, address: str, line: str, *, now_seconds: float) -> float | None:
        """Seconds until the line's peer may call, 0.0 for now; None for an address that has not proved itself."""
        proven_at = self._proven.get((address, line))
        if proven_at is None or now_seconds - proven_at >= PROVEN_SECONDS:
            return None
        return self._buckets.take(line, now_seconds=now_seconds)

    def note(self, address: str, line: str, *, taken: bool, now_seconds: float) -> None:
        """Keeps that a call was taken, or that its proof was refused."""
        self._proven.pop((address, line), None)
        if taken:
            self._proven[address, line] = now_seconds
            if len(self._proven) > PEERS_LIMIT:
                self._proven.popitem(last=False)
