"""The simulated out-call system: takes each call once, forgets none, and misbehaves on demand; rings nobody.

``POST /calls`` with exactly ``{"id", "msisdn", "number", "tone"}`` answers 202, ``GET /calls`` what was taken.
"""

import json
import re
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from svc_channel.simulators.http_server import Faults, SimulatorHandler, SimulatorServer
from svc_channel.simulators.line_journal import LineJournal, read_lines

_SHAPES: Final = {
    "id": re.compile(r"[0-9a-f-]{36}"),
    "msisdn": re.compile(r"\+[1-9][0-9]{5,14}"),
    "number": re.compile(r"12530019"),
    "tone": re.compile(r"[A-Za-z0-9]{1,20}"),
}


class Fault(StrEnum):
    """What goes wrong with a number."""

    REFUSE = "refuse"
    """422 with a reason: nobody may call it."""
    BUSY = "busy"
    """503 the first time."""
    LOST = "lost"
    """Takes the call and closes the connection without an answer, the first time."""


class SwitchServer(SimulatorServer[Fault]):
    """The simulator on its port."""

    def __init__(self, address: tuple[str, int], journal: Path, *, faults: Faults[Fault]) -> None:
        super().__init__(address, SwitchHandler, faults=faults)
        self.calls: dict[str, dict[str, Any]] = {record["id"]: record for record in read_lines(journal)}
        self._journal = LineJournal(journal)

    def take(self, call: dict[str, Any]) -> None:
        """Keeps a call, once an id."""
        with self._lock:
            if call["id"] not in self.calls:
                self._journal.append(call)
                self.calls[call["id"]] = call

    def fault_of_call(self, call: dict[str, Any]) -> Fault | None:
        """What goes wrong with it; busy and lost only the first time that the id is heard."""
        fault = self.fault_of(call["msisdn"])
        first = self.meets_first(call["id"])
        return fault if first or fault is Fault.REFUSE else None

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()


class SwitchHandler(SimulatorHandler):
    """One connection."""

    longest_body = 4096
    server: SwitchServer

    def do_POST(self) -> None:  # noqa: N802 -- http.server's name
        """Takes a call."""
        call = self._read_call()
        if call is None:
            self._say(HTTPStatus.BAD_REQUEST, {"reason": "CALL_MALFORMED"})
            return
        fault = self.server.fault_of_call(call)
        if fault is Fault.REFUSE:
            self._say(HTTPStatus.UNPROCESSABLE_ENTITY, {"reason": "NUMBER_BARRED"})
        elif fault is Fault.BUSY:
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, {"reason": "BUSY"})
        else:
            self.server.take(call)
            if fault is Fault.LOST:
                self.close_connection = True
                return
            self._say(HTTPStatus.ACCEPTED, {"id": call["id"]})

    def do_GET(self) -> None:  # noqa: N802 -- http.server's name
        """Tells what was taken."""
        self._say(HTTPStatus.OK, {"calls": list(self.server.calls.values())})

    def _read_call(self) -> dict[str, Any] | None:
        """The call, None for anything that is not exactly one."""
        body = self.read_body()
        if body is None or self.path != "/calls":
            return None
        try:
            call = json.loads(body)
        except ValueError:
            return None
        if not isinstance(call, dict) or call.keys() != _SHAPES.keys():
            return None
        sound = all(isinstance(call[name], str) and shape.fullmatch(call[name]) for name, shape in _SHAPES.items())
        return call if sound else None

    def _say(self, status: HTTPStatus, said: dict[str, Any]) -> None:
        self.answer(status, json.dumps(said).encode("ascii"))
