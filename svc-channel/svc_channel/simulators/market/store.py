"""The simulator's HTTP side: takes signed jobs once, tells what became of them, and misbehaves on demand.

``POST /jobs``, by the suite's own contract (``svc_channel/domain/market``); no real store's interface is claimed. It must
not take what is not signed.
"""

import http.client
import json
import queue
import secrets
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

from svc_channel.domain.market.events import JOB_ENDED
from svc_channel.domain.market.jobs import VERSION, OfferKind
from svc_channel.domain.market.signatures import (
    EVENT,
    JOB,
    KEY_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    is_fresh,
    is_signed,
    sign,
)
from svc_channel.domain.number import is_e164
from svc_channel.simulators.line_journal import LineJournal, read_lines

PATH: Final = "/jobs"
_FIELDS: Final = {"version", "id", "kind", "msisdn", "text", "items", "slot"}
_LONGEST_BODY: Final = 16 * 1024
# How long a silent answer is held back; every client has given up by then.
_SILENCE_SECONDS: Final = 120.0
_EVENT_TRIES: Final = 5
_EVENT_TIMEOUT_SECONDS: Final = 5.0
# What somebody does who follows an offer.
_DEEDS: Final = {
    OfferKind.CLIENT_DOWNLOAD: ("client_download", "login"),
    OfferKind.APP_DOWNLOAD: ("login", "app_download"),
    OfferKind.CONTENT_ORDER: ("login", "content_order"),
    OfferKind.RECOMMENDATION: ("recommendation_shown", "recommendation_opened"),
}


class Fault(StrEnum):
    """What goes wrong with a number, or right."""

    # Answers 503 when it is asked the first time.
    BUSY = "busy"
    # Takes the job, and answers nothing the first time.
    SILENT = "silent"
    # Answers 422.
    REFUSE = "refuse"
    # Takes the job, and tells that it failed.
    FAIL = "fail"
    # Takes the job, and whoever it is for follows the offer.
    FOLLOW = "follow"
    # Tells every event twice.
    TWICE = "twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """What both sides sign (``line``, ``secret``), where events go ("" for nowhere), and what goes wrong."""

    line: str
    secret: bytes
    event_to: str = ""
    faults: tuple[tuple[str, Fault], ...] = ()


class StoreServer(ThreadingHTTPServer):
    """One simulator on one port; a thread a connection, and one that tells events."""

    daemon_threads = True
    # One port, one simulator: a second one must fail, not share it.
    allow_reuse_port = False
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], settings: StoreSettings, journal: Path, *, now: Callable[[], datetime]
    ) -> None:
        super().__init__(address, StoreHandler)
        self.settings = settings
        self.now = now
        self.stopping = Event()
        self._lock = Lock()
        self._known = {line["job"]["id"]: line["job"] for line in read_lines(journal) if line["record"] == "taken"}
        self._met: set[str] = set()
        self._journal = LineJournal(journal)
        self._events: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self._teller = Thread(target=self._tell, daemon=True)
        self._teller.start()

    def meets_first(self, job: str) -> bool:
        """Whether a faulty number's job comes for the first time."""
        with self._lock:
            first = job not in self._met
            self._met.add(job)
            return first

    def take(self, job: dict[str, Any]) -> HTTPStatus:
        """Journals a job once: 202 for it, again for the same, 409 for another under its id."""
        with self._lock:
            known = self._known.get(job["id"])
            if known is not None:
                return HTTPStatus.ACCEPTED if known == job else HTTPStatus.CONFLICT
            self._known[job["id"]] = job
            self._journal.append({"record": "taken", "job": job})
        self._tell_later(job)
        return HTTPStatus.ACCEPTED

    def fault_of(self, msisdn: str) -> Fault | None:
        """What goes wrong with a number, by its last digits; the first that fits counts."""
        return next((fault for digits, fault in self.settings.faults if msisdn.endswith(digits)), None)

    def close(self) -> None:
        """Ends the teller and closes the journal."""
        self._events.put(None)
        self._teller.join(timeout=_EVENT_TIMEOUT_SECONDS)
        self._journal.close()

    def _tell_later(self, job: dict[str, Any]) -> None:
        if not self.settings.event_to:
            return
        fault = self.fault_of(job["msisdn"])
        base = {"version": VERSION, "msisdn": job["msisdn"], "at": self.now().isoformat()}
        state = "failed" if fault is Fault.FAIL else "shown"
        events: list[dict[str, Any]] = [{**base, "type": JOB_ENDED, "job": job["id"], "state": state}]
        if fault is Fault.FOLLOW:
            attributes = {"job": job["id"], "item": job["items"][0] if job["items"] else ""}
            events += [{**base, "type": deed, "attributes": attributes} for deed in _DEEDS[OfferKind(job["kind"])]]
        for event in events:
            for _ in range(2 if fault is Fault.TWICE else 1):
                self._events.put((f"{job['id']}:{event['type']}", json.dumps(event).encode()))

    def _tell(self) -> None:
        while (due := self._events.get()) is not None:
            key, body = due
            status = 0
            for tries in range(_EVENT_TRIES):
                status = self._post(key, body)
                if status == HTTPStatus.ACCEPTED:
                    break
                self.stopping.wait(0.2 * (tries + 1))
            self._journal.append({"record": "told", "key": key, "status": status})

    def _post(self, key: str, body: bytes) -> int:
        """Posts an event over plain HTTP; the status, or 0 when nobody answered."""
        url = urllib.parse.urlsplit(self.settings.event_to)
        timestamp = f"{int(self.now().timestamp())}.{secrets.token_hex(8)}"
        line, secret = self.settings.line, self.settings.secret
        headers = {
            "content-type": "application/json",
            KEY_HEADER: key,
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(secret, EVENT, line=line, key=key, timestamp=timestamp, body=body),
        }
        connection = http.client.HTTPConnection(url.netloc, timeout=_EVENT_TIMEOUT_SECONDS)
        try:
            connection.request("POST", f"{url.path}?{url.query}", body=body, headers=headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


class StoreHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Answers are small and leave at once.
    disable_nagle_algorithm = True
    server: StoreServer

    def do_POST(self) -> None:
        """Takes one job."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _LONGEST_BODY:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LONG")
            return
        body = self.rfile.read(int(length))
        if self.path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, "PATH_UNKNOWN")
        elif not self._is_ours(body):
            self._answer(HTTPStatus.UNAUTHORIZED, "SIGNATURE_INVALID")
        else:
            self._take(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's signature
        """Keeps quiet: the journal says what counts, and no number stands in a log."""

    def _is_ours(self, body: bytes) -> bool:
        key, timestamp = self.headers.get(KEY_HEADER, ""), self.headers.get(TIMESTAMP_HEADER, "")
        signature, line = self.headers.get(SIGNATURE_HEADER, ""), self.server.settings.line
        secret = self.server.settings.secret
        signed = is_signed(signature, secret, JOB, line=line, key=key, timestamp=timestamp, body=body)
        return signed and is_fresh(timestamp, now_seconds=self.server.now().timestamp())

    def _take(self, body: bytes) -> None:
        job = _read_job(body)
        if job is None or job["id"] != self.headers.get(KEY_HEADER):
            self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, "JOB_INVALID")
            return
        fault = self.server.fault_of(job["msisdn"])
        first = fault in {Fault.BUSY, Fault.SILENT} and self.server.meets_first(job["id"])
        if fault is Fault.REFUSE:
            self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, "NUMBER_UNKNOWN")
        elif fault is Fault.BUSY and first:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "BUSY")
        else:
            status = self.server.take(job)
            if fault is Fault.SILENT and first:
                self.server.stopping.wait(_SILENCE_SECONDS)
                self.close_connection = True
                return
            self._answer(status, "" if status is HTTPStatus.ACCEPTED else "JOB_CONFLICT")

    def _answer(self, status: HTTPStatus, reason: str) -> None:
        content = json.dumps({"reason": reason} if reason else {"accepted": True}).encode()
        try:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            # Whoever asked has gone; what was taken is taken.
            self.close_connection = True


def _read_job(body: bytes) -> dict[str, Any] | None:
    """A job as a strict store reads it; None for what is none."""
    try:
        job = json.loads(body)
    except ValueError:
        return None
    if not isinstance(job, dict) or job.keys() != _FIELDS or job["version"] != VERSION:
        return None
    texts = all(isinstance(job[name], str) for name in ("id", "kind", "msisdn", "text", "slot"))
    items = isinstance(job["items"], list) and all(isinstance(item, str) for item in job["items"])
    if not texts or not items or not is_e164(job["msisdn"]) or job["kind"] not in list(OfferKind):
        return None
    return job


def utc_now() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(UTC)
