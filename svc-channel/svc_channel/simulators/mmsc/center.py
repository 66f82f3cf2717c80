"""The simulator's HTTP side: takes MM7 submissions as a strict MMSC does, reports on them, and misbehaves on demand.

``POST /mm7`` with HTTP Basic credentials. It must not take a message whose content has no slide show.
"""

import base64
import hashlib
import hmac
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Final

from svc_channel.domain.mm7 import codes
from svc_channel.domain.mm7.envelope import TEXT_XML, Release, read_envelope
from svc_channel.domain.mm7.reports import MmStatus, Report, write_report
from svc_channel.domain.mm7.submissions import Submission, SubmitAnswer, read_submission, write_answer
from svc_channel.domain.multipart import MalformedMultipart, read_multipart
from svc_channel.domain.xml_documents import MalformedDocument
from svc_channel.simulators.http_server import Faults, SimulatorHandler, SimulatorServer
from svc_channel.simulators.line_journal import LineJournal, read_lines
from svc_channel.simulators.teller import Notice, Post, Teller

PATH: Final = "/mm7"


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
    faults: Faults[Fault] = ()
    report_delay_seconds: float = 0.05

    @property
    def authorization(self) -> str:
        """The header with which both sides come."""
        return f"Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}"


class CenterServer(SimulatorServer[Fault]):
    """The simulator on its port, and a thread that reports."""

    def __init__(
        self, address: tuple[str, int], settings: CenterSettings, journal: Path, *, now: Callable[[], datetime]
    ) -> None:
        super().__init__(address, CenterHandler, faults=settings.faults)
        self.settings = settings
        self.now = now
        self._taken = sum(1 for line in read_lines(journal) if line["record"] == "taken")
        self._journal = LineJournal(journal)
        self._teller = Teller(self._journal, self.stopping, delay_seconds=settings.report_delay_seconds)

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
            self._teller.tell_later(self._notice(report, release, sender=submission.sender))

    def close(self) -> None:
        """Ends the teller and closes the journal."""
        self._teller.close()
        self._journal.close()

    def _notice(self, report: Report, release: Release, *, sender: str) -> Notice:
        def write() -> Post:
            headers = {"content-type": TEXT_XML, "authorization": self.settings.authorization, "soapaction": '""'}
            return headers, write_report(report, release, sender=sender)

        return Notice(
            url=self.settings.report_to,
            write=write,
            is_taken=lambda status: status == HTTPStatus.OK,
            record={"message_id": report.message_id, "said": report.status.value},
        )


class CenterHandler(SimulatorHandler):
    """One connection."""

    longest_body = 1024 * 1024
    answer_type = TEXT_XML
    server: CenterServer

    def do_POST(self) -> None:  # noqa: N802 -- http.server's name
        """Takes one submission."""
        body = self.read_body()
        if body is None:
            self.answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")
            return
        given = self.headers.get("authorization", "")
        if urllib.parse.urlsplit(self.path).path != PATH:
            self.answer(HTTPStatus.NOT_FOUND, b"")
        elif not hmac.compare_digest(given.encode(), self.server.settings.authorization.encode()):
            self.answer(HTTPStatus.UNAUTHORIZED, b"")
        else:
            self._take(body)

    def _take(self, body: bytes) -> None:
        try:
            envelope = read_envelope(self.headers.get("content-type", ""), body)
            release = Release(namespace=envelope.namespace, version=envelope.version)
            submission = read_submission(envelope)
            slides = _slides(submission)
        except MalformedDocument as error:
            answer = SubmitAnswer(transaction="0", code=codes.VALIDATION_ERROR, text=error.reason)
            self.answer(HTTPStatus.OK, write_answer(answer, Release(), kind="RSErrorRsp"))
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
                self.keep_silent()
                return
            self._say(submission, codes.SUCCESS, "Success", release, message_id)

    def _say(self, submission: Submission, code: int, text: str, release: Release, message_id: str = "") -> None:
        answer = SubmitAnswer(transaction=submission.transaction, code=code, text=text, message_id=message_id)
        self.answer(HTTPStatus.OK, write_answer(answer, release))


def _slides(submission: Submission) -> list[tuple[str, int]]:
    """Type and size of each part after the SMIL. Raises MalformedDocument (MM7_CONTENT)."""
    try:
        parts = read_multipart(submission.content.content_type, submission.content.body)
    except MalformedMultipart as error:
        raise MalformedDocument("MM7_CONTENT", error.detail) from None
    if len(parts) < 2 or parts[0].media_type != "application/smil":  # noqa: PLR2004 -- SMIL and what it shows
        raise MalformedDocument("MM7_CONTENT", "SMIL first, and at least one slide")
    return [(part.media_type, len(part.body)) for part in parts[1:]]
