"""The simulator's HTTP side: takes pushes as a strict proxy does, posts results back, and misbehaves on demand.

``POST /wappush`` with HTTP Basic credentials. A push is taken once by its push-id; the second one is answered 2007.
It must not take a document that does not compile to WBXML.
"""

import base64
import hmac
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Final

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
from svc_channel.simulators.http_server import Faults, SimulatorHandler, SimulatorServer
from svc_channel.simulators.line_journal import LineJournal, read_lines
from svc_channel.simulators.ppg.compiler import compile_document
from svc_channel.simulators.teller import Notice, Teller

PATH: Final = "/wappush"
_XML: Final = "application/xml"


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
    faults: Faults[Fault] = ()
    notice_delay_seconds: float = 0.05


class ProxyServer(SimulatorServer[Fault]):
    """The simulator on its port, and a thread that posts results."""

    def __init__(
        self, address: tuple[str, int], settings: ProxySettings, journal: Path, *, now: Callable[[], datetime]
    ) -> None:
        super().__init__(address, ProxyHandler, faults=settings.faults)
        self.settings = settings
        self.now = now
        self._known = {line["push_id"] for line in read_lines(journal) if line["record"] == "taken"}
        self._journal = LineJournal(journal)
        self._teller = Teller(self._journal, self.stopping, delay_seconds=settings.notice_delay_seconds)

    def is_known(self, authorization: str) -> bool:
        """Whether the credentials are the ones we gave out."""
        wanted = base64.b64encode(f"{self.settings.user}:{self.settings.password}".encode()).decode()
        return hmac.compare_digest(f"Basic {wanted}".encode(), authorization.encode())

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
        notice = Notice(
            url=push.notify_to,
            write=lambda: ({"content-type": _XML}, write_notification(notification)),
            is_taken=lambda status: 0 < status < HTTPStatus.BAD_REQUEST,
            record={"push_id": push.push_id},
        )
        for _ in range(2 if fault is Fault.TWICE else 1):
            self._teller.tell_later(notice)

    def close(self) -> None:
        """Ends the teller and closes the journal."""
        self._teller.close()
        self._journal.close()


class ProxyHandler(SimulatorHandler):
    """One connection."""

    longest_body = 64 * 1024
    answer_type = _XML
    server: ProxyServer

    def do_POST(self) -> None:  # noqa: N802 -- http.server's name
        """Takes one push."""
        body = self.read_body()
        if body is None:
            self.answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")
            return
        if urllib.parse.urlsplit(self.path).path != PATH:
            self.answer(HTTPStatus.NOT_FOUND, b"")
        elif not self.server.is_known(self.headers.get("authorization", "")):
            self.answer(HTTPStatus.UNAUTHORIZED, b"")
        else:
            self._take(body)

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
            self.answer(HTTPStatus.SERVICE_UNAVAILABLE, b"")
        elif fault is Fault.BUSY and first:
            self._say(PushAnswer(push_id=push.push_id, code=codes.SERVER_ERROR, description="try again"))
        elif fault is Fault.REFUSE:
            self._say(PushAnswer(push_id=push.push_id, code=codes.ADDRESS_ERROR, description="no such address"))
        elif not self.server.take(push, octets):
            self._say(PushAnswer(push_id=push.push_id, code=codes.DUPLICATE_PUSH_ID, description="known"))
        else:
            self.server.tell_later(push, fault)
            if fault is Fault.SILENT and first:
                self.keep_silent()
                return
            self._say(PushAnswer(push_id=push.push_id, code=codes.ACCEPTED, description="accepted"))

    def _say(self, answer: PushAnswer) -> None:
        self.answer(HTTPStatus.ACCEPTED, write_answer(answer, at=self.server.now()))
