"""The simulator's core: which services are open for whom, each opening once, with a journal; it must not know HTTP.

A line of the journal is one opening as it stands then; the last one of an id counts.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock

from svc_channel.simulators.line_journal import LineJournal, read_lines

OPEN, CLOSED, REFUSED = "open", "closed", "refused"
NUMBER_BARRED = "NUMBER_BARRED"
ID = re.compile(r"^[A-Za-z0-9._:-]{1,80}$")
MSISDN = re.compile(r"^\+[1-9][0-9]{5,14}$")
SERVICE = re.compile(r"^[A-Z][A-Z0-9_]{1,63}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One service opened for one number, closed since, or refused for ever; ``at`` in seconds since 1970."""

    id: str
    msisdn: str
    service: str
    result: str
    reference: str
    reason: str
    at: float

    def asks_the_same(self, msisdn: str, service: str) -> bool:
        """Whether a second request under its id is the first one again."""
        return (self.msisdn, self.service) == (msisdn, service)

    def answer(self) -> dict[str, str]:
        """What its asker is told."""
        return {"id": self.id, "result": self.result, "reference": self.reference, "reason": self.reason}


class Book:
    """All openings of one simulator, in memory and in its journal; safe to use from several threads."""

    def __init__(self, journal: Path, *, wall_clock: Callable[[], float]) -> None:
        self._wall_clock = wall_clock
        self._lock = Lock()
        self._journal = LineJournal(journal)
        self._known = read_openings(journal)

    def find(self, opening_id: str) -> Opening | None:
        """How an opening stands, if it was ever asked for."""
        with self._lock:
            return self._known.get(opening_id)

    def open(self, opening_id: str, *, msisdn: str, service: str, barred: bool) -> Opening:
        """The opening of that id: decided now, or as it stands since the first time, whoever asks."""
        with self._lock:
            known = self._known.get(opening_id)
            if known is not None:
                return known
            return self._write(
                Opening(
                    id=opening_id,
                    msisdn=msisdn,
                    service=service,
                    result=REFUSED if barred else OPEN,
                    reference="" if barred else f"S{len(self._known) + 1:010d}",
                    reason=NUMBER_BARRED if barred else "",
                    at=self._wall_clock(),
                )
            )

    def end(self, opening_id: str) -> Opening | None:
        """The opening, closed now if it was open; None for one that was never asked for."""
        with self._lock:
            known = self._known.get(opening_id)
            if known is None or known.result != OPEN:
                return known
            return self._write(replace(known, result=CLOSED, at=self._wall_clock()))

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()

    def _write(self, opening: Opening) -> Opening:
        self._journal.append(asdict(opening))
        self._known[opening.id] = opening
        return opening


def read_openings(journal: Path) -> dict[str, Opening]:
    """Every opening as it stands last, by id; works while a simulator writes."""
    return {line["id"]: Opening(**line) for line in read_lines(journal)}
