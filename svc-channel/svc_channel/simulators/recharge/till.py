"""The simulator's core: pays each recharge once and keeps a journal of it; it must not know HTTP.

One JSON object a line. A line survives SIGKILL as soon as it is written, because it is with the kernel, and nothing is
answered before; a line cut by a kill in the middle is dropped on the next start.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

from svc_channel.simulators.line_journal import LineJournal, read_lines

PAID, REFUSED = "paid", "refused"
NUMBER_CLOSED, AMOUNT_TOO_HIGH = "NUMBER_CLOSED", "AMOUNT_TOO_HIGH"
ID = re.compile(r"^[A-Za-z0-9._:-]{1,80}$")
MSISDN = re.compile(r"^\+[1-9][0-9]{5,14}$")
# Ten thousand yuan: what is above is refused for good, and told as a decision, so that nobody asks for ever.
MAX_AMOUNT_FEN = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recharge:
    """One recharge as it was decided for ever; ``at`` in seconds since 1970."""

    id: str
    msisdn: str
    amount_fen: int
    result: str
    reference: str
    reason: str
    at: float

    def asks_the_same(self, msisdn: str, amount_fen: int) -> bool:
        """Whether a second request under its id is the first one again."""
        return (self.msisdn, self.amount_fen) == (msisdn, amount_fen)

    def answer(self) -> dict[str, str]:
        """What its asker is told."""
        return {"id": self.id, "result": self.result, "reference": self.reference, "reason": self.reason}


class Till:
    """All recharges of one simulator, in memory and in its journal; safe to use from several threads."""

    def __init__(self, journal: Path, *, wall_clock: Callable[[], float]) -> None:
        self._wall_clock = wall_clock
        self._lock = Lock()
        self._journal = LineJournal(journal)
        self._known = {recharge.id: recharge for recharge in read_recharges(journal)}

    def find(self, recharge_id: str) -> Recharge | None:
        """What became of a recharge, if it was ever asked for."""
        with self._lock:
            return self._known.get(recharge_id)

    def pay(self, recharge_id: str, *, msisdn: str, amount_fen: int, closed: bool) -> Recharge:
        """The recharge of that id: decided now, or as it was decided the first time, whoever asks."""
        with self._lock:
            known = self._known.get(recharge_id)
            if known is not None:
                return known
            reason = NUMBER_CLOSED if closed else AMOUNT_TOO_HIGH if amount_fen > MAX_AMOUNT_FEN else ""
            recharge = Recharge(
                id=recharge_id,
                msisdn=msisdn,
                amount_fen=amount_fen,
                result=REFUSED if reason else PAID,
                reference="" if reason else f"R{len(self._known) + 1:010d}",
                reason=reason,
                at=self._wall_clock(),
            )
            self._journal.append(asdict(recharge))
            self._known[recharge_id] = recharge
            return recharge

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()


def read_recharges(journal: Path) -> Iterator[Recharge]:
    """Every recharge in the journal, in order; works while a simulator writes."""
    return (Recharge(**line) for line in read_lines(journal))
