"""The simulated out-call system: takes each call once, forgets none, and misbehaves on demand; rings nobody.

``POST /calls`` with exactly ``{"id", "msisdn", "number", "tone"}`` answers 202, ``GET /calls`` what was taken.
"""

import json
import re
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock
from typing import Any, Final

from svc_channel.simulators.line_journal import LineJournal, read_lines

_SHAPES: Final = {
    "id": re.compile(r"[0-9a-f-]{36}"),
    "msisdn": re.compile(r"\+[1-9][0-9]{5,14}"),
    "number": re.compile(r"12530019"),
    "tone": re.compile(r"[A-Za-z0-9]{1,20}"),
}
_LONGEST_BODY: Final = 4096


class Fault(StrEnum):
    """What goes wrong with a number."""

    REFUSE = "refuse"
    """422 with a reason: nobody may call it."""
    BUSY = "busy"
    """503 the first time."""
    LOST = "lost"
    """Takes the call and closes the connection without an answer, the first time."""


class SwitchServer(ThreadingHTTPServer):
    """One simulator on one port; a thread a connection."""

    daemon_threads = True
    # One port, one simulator: a second one must fail, not share it.
    allow_reuse_port = False

    def __init__(self, address: tuple[str, int], journal: Path, *, faults: tuple[tuple[str, Fault], ...]) -> None:
        super().__init__(address, SwitchHandler)
        self.calls: dict[str, dict[str, Any]] = {record["id"]: record for record in read_lines(journal)}
        self.stopping = Event()
        self._journal = LineJournal(journal)
        self._faults = faults
        self._lock = Lock()
        self._heard: set[str] = set()

    def take(self, call: dict[str, Any]) -> None:
        """Keeps a call, once an id."""
        with self._lock:
            if call["id"] not in self.calls:
                self._journal.append(call)
                self.calls[call["id"]] = call

    def fault_of(self, call: dict[str, Any]) -> Fault | None:
        """What goes wrong with it; busy and lost only the first time that the id is heard."""
        fault = next((fault for digits, fault in self._faults if call["msisdn"].endswith(digits)), None)
        with self._lock:
            first = call["id"] not in self._heard
            self._heard.add(call["id"])
        return fault if first or fault is Fault.REFUSE else None

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()


class SwitchHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: SwitchServer

    def do_POST(self) -> None:
        """Takes a call."""
        call = self._read_call()
        if call is None:
            self._answer(HTTPStatus.BAD_REQUEST, {"reason": "CALL_MALFORMED"})
            return
        fault = self.server.fault_of(call)
        if fault is Fault.REFUSE:
            self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"reason": "NUMBER_BARRED"})
        elif fault is Fault.BUSY:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"reason": "BUSY"})
        else:
            self.server.take(call)
            if fault is Fault.LOST:
                self.close_connection = True
                return
            self._answer(HTTPStatus.ACCEPTED, {"id": call["id"]})

    def do_GET(self) -> None:
        """Tells what was taken."""
        self._answer(HTTPStatus.OK, {"calls": list(self.server.calls.values())})

    def log_message(self, *_: Any) -> None:
        """Says nothing: numbers stay out of logs."""

    def _read_call(self) -> dict[str, Any] | None:
        """The call, None for anything that is not exactly one."""
        length = self.headers.get("content-length", "")
        if self.path != "/calls" or not length.isdecimal() or int(length) > _LONGEST_BODY:
            self.close_connection = True
            return None
        try:
            call = json.loads(self.rfile.read(int(length)))
        except ValueError:
            return None
        if not isinstance(call, dict) or call.keys() != _SHAPES.keys():
            return None
        sound = all(isinstance(call[name], str) and shape.fullmatch(call[name]) for name, shape in _SHAPES.items())
        return call if sound else None

    def _answer(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        octets = json.dumps(body).encode("ascii")
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)
