"""What every simulator over HTTP does alike: one port, faults by number, bounded bodies; must not know a protocol."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final, Generic, TypeVar

FaultT = TypeVar("FaultT", bound=StrEnum)
Faults = tuple[tuple[str, FaultT], ...]
"""What goes wrong, by the last digits of a number."""

# How long a silent answer is held back; every client has given up by then.
_SILENCE_SECONDS: Final = 120.0


class SimulatorServer(ThreadingHTTPServer, Generic[FaultT]):
    """One simulator on one port; a thread a connection."""

    daemon_threads = True
    # One port, one simulator: a second one must fail, not share it.
    allow_reuse_port = False
    # Who comes while others are served waits in line.
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type["SimulatorHandler"], *, faults: Faults[FaultT]) -> None:
        super().__init__(address, handler)
        self.stopping = threading.Event()
        """Set when the simulator ends; whatever waits goes on."""
        self._faults = faults
        self._lock = threading.Lock()
        self._met: set[str] = set()

    def fault_of(self, msisdn: str) -> FaultT | None:
        """What goes wrong with a number, by its last digits; the first that fits counts."""
        return next((fault for digits, fault in self._faults if msisdn.endswith(digits)), None)

    def meets_first(self, key: str) -> bool:
        """Whether it is asked under that key for the first time since its start."""
        with self._lock:
            first = key not in self._met
            self._met.add(key)
            return first


class SimulatorHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Answers are small and leave at once.
    disable_nagle_algorithm = True
    longest_body: ClassVar[int]
    answer_type: ClassVar[str] = "application/json"
    server: SimulatorServer[Any]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's signature
        """Keeps quiet: the journal says what counts, and no number stands in a log."""

    def read_body(self, *, absent: str = "") -> bytes | None:
        """The body; None for one that is too long or whose length (``absent`` where none is told) is no number."""
        length = self.headers.get("content-length", absent)
        if not length.isdecimal() or int(length) > self.longest_body:
            # What is not read would be taken for the next request.
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def answer(self, status: HTTPStatus, document: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Answers with a document of ``answer_type``."""
        try:
            self.send_response(status)
            self.send_header("content-type", self.answer_type)
            self.send_header("content-length", str(len(document)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(document)
        except OSError:
            # Whoever asked has gone; what was taken is taken.
            self.close_connection = True

    def keep_silent(self) -> None:
        """Holds the answer back until nobody waits for it any more, and closes."""
        self.server.stopping.wait(_SILENCE_SECONDS)
        self.close_connection = True


def utc_now() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(UTC)
