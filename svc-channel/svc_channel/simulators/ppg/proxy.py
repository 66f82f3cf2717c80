"""The simulator's HTTP side: takes pushes as a strict proxy does, posts results back, and misbehaves on demand.

``POST /wappush`` with HTTP Basic credentials. A push is taken once by its push-id; the second one is answered 2007.
It must not take a document that does not compile to WBXML.
"""

import base64
import hmac
import http.client
import queue
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Final

from svc_channel.domain.pap import codes
from svc_channel.domain.pap.answers import (
    PushAnswer,
    PushState,
    ResultNotification,
    write_answer,
    write_notification,
)
from svc_channel.domain.pap.pushes import PushMessage, read_push
from svc_channel.domain.xml_documents import MalformedDocument
from svc_channel.simulators.line_journal import LineJournal, read_lines
from svc_channel.simulators.ppg.compiler import compile_document

PATH: Final = "/wappush"
_LONGEST_BODY: Final = 64 * 1024
# How long a silent answer is held back; every client has given up by then.
_SILENCE_SECONDS: Final = 120.0
_NOTICE_TRIES: Final = 5
_NOTICE_TIMEOUT_SECONDS: Final = 5.0


class Fault(StrEnum):
    """What goes wrong with a number."""

    # Answers 3000 when it is asked the first time.
    BUSY = "busy"
    # Answers 503 when it is asked the first time.
    OVERLOADED = "overloaded"
    # Takes the push, and answers nothing the first time.
    SILENT = "silent"
    # Answers 2002.
    REFUSE = "refuse"
    # Takes the push, and tells later that it could not be delivered.
    UNDELIVERABLE = "undeliverable"
    # Takes the push, and tells its result twice.
    TWICE = "twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySettings:
    """Who may push and what goes wrong."""

    user: str
    password: str
    faults: tuple[tuple[str, Fault], ...] = ()
    notice_delay_seconds: float = 0.05


class ProxyServer(ThreadingHTTPServer):
    """One simulator on one port; a thread a connection, and one that posts results."""

    daemon_threads = True
    # One port, one simulator: a second one must fail, not share it.
    allow_reuse_port = False
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], settings: ProxySettings, journal: Path, *, now: Callable[[], datetime]
    ) -> None:
        super().__init__(address, ProxyHandler)
        self.settings = settings
        self.now = now
        self.stopping = Event()
        self._lock = Lock()
        self._known = {line["push_id"] for line in read_lines(journal) if line["record"] == "taken"}
        self._met: set[str] = set()
        self._journal = LineJournal(journal)
        self._notices: queue.Queue[tuple[str, ResultNotification] | None] = queue.Queue()
        self._poster = Thread(target=self._post_results, daemon=True)
        self._poster.start()

    def is_known(self, authorization: str) -> bool:
        """Whether the credentials are the ones we gave out."""
        wanted = base64.b64encode(f"{self.settings.user}:{self.settings.password}".encode()).decode()
        return hmac.compare_digest(f"Basic {wanted}".encode(), authorization.encode())

    def meets_first(self, push_id: str) -> bool:
        """Whether a faulty number's push comes for the first time."""
        with self._lock:
            first = push_id not in self._met
            self._met.add(push_id)
            return first

    def take(self, push: PushMessage, octets: bytes) -> bool:
        """Journals a push once; False for one that was taken before."""
        with self._lock:
            if push.push_id in self._known:
                return False
            self._known.add(push.push_id)
            self._journal.append(
                {
                    "record": "taken",
                    "push_id": push.push_id,
                    "to": push.msisdn,
                    "from": push.source_reference,
                    "wbxml": octets.hex(),
                    "at": self.now().isoformat(),
                }
            )
            return True

    def fault_of(self, msisdn: str) -> Fault | None:
        """What goes wrong with a number, by its last digits; the first that fits counts."""
        return next((fault for digits, fault in self.settings.faults if msisdn.endswith(digits)), None)

    def tell_later(self, push: PushMessage, fault: Fault | None) -> None:
        """Queues the result of a push for whoever asked for it."""
        if not push.notify_to:
            return
        failed = fault is Fault.UNDELIVERABLE
        notification = ResultNotification(
            push_id=push.push_id,
            msisdn=push.msisdn,
            state=PushState.UNDELIVERABLE if failed else PushState.DELIVERED,
            code=codes.SERVICE_FAILURE if failed else codes.OK,
            at=self.now().replace(microsecond=0),
        )
        for _ in range(2 if fault is Fault.TWICE else 1):
            self._notices.put((push.notify_to, notification))

    def close(self) -> None:
        """Ends the poster and closes the journal."""
        self._notices.put(None)
        self._poster.join(timeout=_NOTICE_TIMEOUT_SECONDS)
        self._journal.close()

    def _post_results(self) -> None:
        while (due := self._notices.get()) is not None:
            where, notification = due
            self.stopping.wait(self.settings.notice_delay_seconds)
            status = 0
            for tries in range(_NOTICE_TRIES):
                status = post_document(where, write_notification(notification))
                if status and status < HTTPStatus.BAD_REQUEST:
                    break
                self.stopping.wait(0.2 * (tries + 1))
            self._journal.append({"record": "told", "push_id": notification.push_id, "status": status})


class ProxyHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Answers are small and leave at once.
    disable_nagle_algorithm = True
    server: ProxyServer

    def do_POST(self) -> None:
        """Takes one push."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _LONGEST_BODY:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")
            return
        body = self.rfile.read(int(length))
        if urllib.parse.urlsplit(self.path).path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, b"")
        elif not self.server.is_known(self.headers.get("authorization", "")):
            self._answer(HTTPStatus.UNAUTHORIZED, b"")
        else:
            self._take(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's signature
        """Keeps quiet: the journal says what counts, and no number stands in a log."""

    def _take(self, body: bytes) -> None:
        try:
            push = read_push(self.headers.get("content-type", ""), body)
            octets = compile_document(push.document)
        except MalformedDocument as error:
            self._say(PushAnswer(push_id="", code=codes.BAD_REQUEST, description=error.reason))
            return
        fault = self.server.fault_of(push.msisdn)
        first = fault in {Fault.BUSY, Fault.OVERLOADED, Fault.SILENT} and self.server.meets_first(push.push_id)
        if fault is Fault.OVERLOADED and first:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"")
        elif fault is Fault.BUSY and first:
            self._say(PushAnswer(push_id=push.push_id, code=codes.SERVER_ERROR, description="try again"))
        elif fault is Fault.REFUSE:
            self._say(PushAnswer(push_id=push.push_id, code=codes.ADDRESS_ERROR, description="no such address"))
        elif not self.server.take(push, octets):
            self._say(PushAnswer(push_id=push.push_id, code=codes.DUPLICATE_PUSH_ID, description="known"))
        else:
            self.server.tell_later(push, fault)
            if fault is Fault.SILENT and first:
                self.server.stopping.wait(_SILENCE_SECONDS)
                self.close_connection = True
                return
            self._say(PushAnswer(push_id=push.push_id, code=codes.ACCEPTED, description="accepted"))

    def _say(self, answer: PushAnswer) -> None:
        self._answer(HTTPStatus.ACCEPTED, write_answer(answer, at=self.server.now()))

    def _answer(self, status: HTTPStatus, document: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("content-type", "application/xml")
            self.send_header("content-length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)
        except OSError:
            # Whoever asked has gone; what was taken is taken.
            self.close_connection = True


def post_document(where: str, document: bytes) -> int:
    """Posts a document over plain HTTP; the status, or 0 when nobody answered."""
    url = urllib.parse.urlsplit(where)
    connection = http.client.HTTPConnection(url.netloc, timeout=_NOTICE_TIMEOUT_SECONDS)
    path = f"{url.path}?{url.query}" if url.query else url.path
    try:
        connection.request("POST", path, body=document, headers={"content-type": "application/xml"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def utc_now() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(UTC)
