"""The simulator's HTTP side: takes MM7 submissions as a strict MMSC does, reports on them, and misbehaves on demand.

``POST /mm7`` with HTTP Basic credentials. It must not take a message whose content has no slide show.
"""

import base64
import hashlib
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

from svc_channel.domain.mm7 import codes
from svc_channel.domain.mm7.envelope import TEXT_XML, Release, read_envelope
from svc_channel.domain.mm7.reports import MmStatus, Report, write_report
from svc_channel.domain.mm7.submissions import Submission, SubmitAnswer, read_submission, write_answer
from svc_channel.domain.multipart import MalformedMultipart, read_multipart
from svc_channel.domain.xml_documents import MalformedDocument
from svc_channel.simulators.line_journal import LineJournal, read_lines

PATH: Final = "/mm7"
_LONGEST_BODY: Final = 1024 * 1024
# How long a silent answer is held back; every client has given up by then.
_SILENCE_SECONDS: Final = 120.0
_REPORT_TRIES: Final = 5
_REPORT_TIMEOUT_SECONDS: Final = 5.0


class Fault(StrEnum):
    """What goes wrong with a number."""

    # Answers 3000 when it is asked the first time.
    BUSY = "busy"
    # Takes the message, and answers nothing.
    SILENT = "silent"
    # Answers 2002.
    REFUSE = "refuse"
    # Takes the message, and reports that it expired.
    EXPIRE = "expire"
    # Takes the message, reports that it was retrieved, and that it was read.
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterSettings:
    """Who may submit, where reports go ("" for nowhere), and what goes wrong."""

    user: str
    password: str
    report_to: str = ""
    faults: tuple[tuple[str, Fault], ...] = ()
    report_delay_seconds: float = 0.05

    @property
    def authorization(self) -> str:
        """The header with which both sides come."""
        return f"Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}"


class CenterServer(ThreadingHTTPServer):
    """One simulator on one port; a thread a connection, and one that reports."""

    daemon_threads = True
    # One port, one simulator: a second one must fail, not share it.
    allow_reuse_port = False
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], settings: CenterSettings, journal: Path, *, now: Callable[[], datetime]
    ) -> None:
        super().__init__(address, CenterHandler)
        self.settings = settings
        self.now = now
        self.stopping = Event()
        self._lock = Lock()
        self._taken = sum(1 for line in read_lines(journal) if line["record"] == "taken")
        self._met: set[str] = set()
        self._journal = LineJournal(journal)
        self._reports: queue.Queue[tuple[Report, Release, str] | None] = queue.Queue()
        self._reporter = Thread(target=self._report, daemon=True)
        self._reporter.start()

    def meets_first(self, transaction: str) -> bool:
        """Whether a faulty number's message comes for the first time."""
        with self._lock:
            first = transaction not in self._met
            self._met.add(transaction)
            return first

    def take(self, submission: Submission, slides: list[tuple[str, int]]) -> str:
        """Journals a message; its id."""
        with self._lock:
            self._taken += 1
            message_id = f"mm-{self._taken}"
            self._journal.append(
                {
                    "record": "taken",
                    "message_id": message_id,
                    "transaction": submission.transaction,
                    "to": submission.msisdn,
                    "from": submission.sender,
                    "subject": submission.subject,
                    "sha256": hashlib.sha256(submission.content.body).hexdigest(),
                    "slides": slides,
                    "at": self.now().isoformat(),
                }
            )
            return message_id

    def fault_of(self, msisdn: str) -> Fault | None:
        """What goes wrong with a number, by its last digits; the first that fits counts."""
        return next((fault for digits, fault in self.settings.faults if msisdn.endswith(digits)), None)

    def report_later(self, submission: Submission, message_id: str, release: Release) -> None:
        """Queues what is told of a message."""
        fault = self.fault_of(submission.msisdn)
        statuses = [MmStatus.EXPIRED if fault is Fault.EXPIRE else MmStatus.RETRIEVED]
        if fault is Fault.READ and submission.wants_read_report:
            statuses.append(MmStatus.READ)
        for status in statuses if self.settings.report_to else []:
            report = Report(
                transaction=f"r-{message_id}-{status.name.lower()}",
                message_id=message_id,
                msisdn=submission.msisdn,
                status=status,
                at=self.now(),
            )
            self._reports.put((report, release, submission.sender))

    def close(self) -> None:
        """Ends the reporter and closes the journal."""
        self._reports.put(None)
        self._reporter.join(timeout=_REPORT_TIMEOUT_SECONDS)
        self._journal.close()

    def _report(self) -> None:
        while (due := self._reports.get()) is not None:
            report, release, sender = due
            self.stopping.wait(self.settings.report_delay_seconds)
            status = 0
            for tries in range(_REPORT_TRIES):
                status = self._post(write_report(report, release, sender=sender))
                if status == HTTPStatus.OK:
                    break
                self.stopping.wait(0.2 * (tries + 1))
            self._journal.append(
                {"record": "told", "message_id": report.message_id, "said": report.status.value, "status": status}
            )

    def _post(self, document: bytes) -> int:
        """Posts a report over plain HTTP; the status, or 0 when nobody answered."""
        url = urllib.parse.urlsplit(self.settings.report_to)
        connection = http.client.HTTPConnection(url.netloc, timeout=_REPORT_TIMEOUT_SECONDS)
        headers = {"content-type": TEXT_XML, "authorization": self.settings.authorization, "soapaction": '""'}
        try:
            connection.request("POST", f"{url.path}?{url.query}", body=document, headers=headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


class CenterHandler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Answers are small and leave at once.
    disable_nagle_algorithm = True
    server: CenterServer

    def do_POST(self) -> None:
        """Takes one submission."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _LONGEST_BODY:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")
            return
        body = self.rfile.read(int(length))
        given = self.headers.get("authorization", "")
        if urllib.parse.urlsplit(self.path).path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, b"")
        elif not hmac.compare_digest(given.encode(), self.server.settings.authorization.encode()):
            self._answer(HTTPStatus.UNAUTHORIZED, b"")
        else:
            self._take(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- http.server's signature
        """Keeps quiet: the journal says what counts, and no number stands in a log."""

    def _take(self, body: bytes) -> None:
        try:
            envelope = read_envelope(self.headers.get("content-type", ""), body)
            release = Release(namespace=envelope.namespace, version=envelope.version)
            submission = read_submission(envelope)
            slides = _slides(submission)
        except MalformedDocument as error:
            answer = SubmitAnswer(transaction="0", code=codes.VALIDATION_ERROR, text=error.reason)
            self._answer(HTTPStatus.OK, write_answer(answer, Release(), kind="RSErrorRsp"))
            return
        fault = self.server.fault_of(submission.msisdn)
        if fault is Fault.BUSY and self.server.meets_first(submission.transaction):
            self._say(submission, codes.SERVER_ERROR, "busy", release)
        elif fault is Fault.REFUSE:
            self._say(submission, codes.ADDRESS_ERROR, "no such address", release)
        else:
            message_id = self.server.take(submission, slides)
            self.server.report_later(submission, message_id, release)
            if fault is Fault.SILENT:
                self.server.stopping.wait(_SILENCE_SECONDS)
                self.close_connection = True
                return
            self._say(submission, codes.SUCCESS, "Success", release, message_id)

    def _say(self, submission: Submission, code: int, text: str, release: Release, message_id: str = "") -> None:
        answer = SubmitAnswer(transaction=submission.transaction, code=code, text=text, message_id=message_id)
        self._answer(HTTPStatus.OK, write_answer(answer, release))

    def _answer(self, status: HTTPStatus, document: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("content-type", TEXT_XML)
            self.send_header("content-length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)
        except OSError:
            # Whoever asked has gone; what was taken is taken.
            self.close_connection = True


def _slides(submission: Submission) -> list[tuple[str, int]]:
    """Type and size of each part after the SMIL. Raises MalformedDocument (MM7_CONTENT)."""
    try:
        parts = read_multipart(submission.content.content_type, submission.content.body)
    except MalformedMultipart as error:
        raise MalformedDocument("MM7_CONTENT", error.detail) from None
    if len(parts) < 2 or parts[0].media_type != "application/smil":  # noqa: PLR2004 -- SMIL and what it shows
        raise MalformedDocument("MM7_CONTENT", "SMIL first, and at least one slide")
    return [(part.media_type, len(part.body)) for part in parts[1:]]


def utc_now() -> datetime:
    """The wall clock in UTC."""
    return datetime.now(UTC)
