"""The simulator's HTTP side: takes signed jobs once, tells what became of them, and misbehaves on demand.

``POST /jobs``, by the suite's own contract (``svc_channel/domain/market``); no real store's interface is claimed. It must
not take what is not signed.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
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
from svc_channel.simulators.http_server import Faults, SimulatorHandler, SimulatorServer
from svc_channel.simulators.line_journal import LineJournal, read_lines
from svc_channel.simulators.teller import Notice, Post, Teller

PATH: Final = "/jobs"
_FIELDS: Final = {"version", "id", "kind", "msisdn", "text", "items", "slot"}
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
    faults: Faults[Fault] = ()


class StoreServer(SimulatorServer[Fault]):
    """The simulator on its port, and a thread that tells events."""

    def __init__(
        self, address: tuple[str, int], settings: StoreSettings, journal: Path, *, now: Callable[[], datetime]
    ) -> None:
        super().__init__(address, StoreHandler, faults=settings.faults)
        self.settings = settings
        self.now = now
        self._known = {line["job"]["id"]: line["job"] for line in read_lines(journal) if line["record"] == "taken"}
        self._journal = LineJournal(journal)
        self._teller = Teller(self._journal, self.stopping)

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

    def close(self) -> None:
        """Ends the teller and closes the journal."""
        self._teller.close()
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
                self._teller.tell_later(self._notice(f"{job['id']}:{event['type']}", json.dumps(event).encode()))

    def _notice(self, key: str, body: bytes) -> Notice:
        """An event, signed anew at every try."""

        def write() -> Post:
            timestamp = f"{int(self.now().timestamp())}.{secrets.token_hex(8)}"
            line, secret = self.settings.line, self.settings.secret
            headers = {
                "content-type": "application/json",
                KEY_HEADER: key,
                TIMESTAMP_HEADER: timestamp,
                SIGNATURE_HEADER: sign(secret, EVENT, line=line, key=key, timestamp=timestamp, body=body),
            }
            return headers, body

        return Notice(
            url=self.settings.event_to,
            write=write,
            is_taken=lambda status: status == HTTPStatus.ACCEPTED,
            record={"key": key},
        )


class StoreHandler(SimulatorHandler):
    """One connection."""

    longest_body = 16 * 1024
    server: StoreServer

    def do_POST(self) -> None:  # noqa: N802 -- http.server's name
        """Takes one job."""
        body = self.read_body()
        if body is None:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LONG")
            return
        if self.path != PATH:
            self._say(HTTPStatus.NOT_FOUND, "PATH_UNKNOWN")
        elif not self._is_ours(body):
            self._say(HTTPStatus.UNAUTHORIZED, "SIGNATURE_INVALID")
        else:
            self._take(body)

    def _is_ours(self, body: bytes) -> bool:
        key, timestamp = self.headers.get(KEY_HEADER, ""), self.headers.get(TIMESTAMP_HEADER, "")
        signature, line = self.headers.get(SIGNATURE_HEADER, ""), self.server.settings.line
        secret = self.server.settings.secret
        signed = is_signed(signature, secret, JOB, line=line, key=key, timestamp=timestamp, body=body)
        return signed and is_fresh(timestamp, now_seconds=self.server.now().timestamp())

    def _take(self, body: bytes) -> None:
        job = _read_job(body)
        if job is None or job["id"] != self.headers.get(KEY_HEADER):
            self._say(HTTPStatus.UNPROCESSABLE_ENTITY, "JOB_INVALID")
            return
        fault = self.server.fault_of(job["msisdn"])
        first = fault in {Fault.BUSY, Fault.SILENT} and self.server.meets_first(job["id"])
        if fault is Fault.REFUSE:
            self._say(HTTPStatus.UNPROCESSABLE_ENTITY, "NUMBER_UNKNOWN")
        elif fault is Fault.BUSY and first:
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, "BUSY")
        else:
            status = self.server.take(job)
            if fault is Fault.SILENT and first:
                self.keep_silent()
                return
            self._say(status, "" if status is HTTPStatus.ACCEPTED else "JOB_CONFLICT")

    def _say(self, status: HTTPStatus, reason: str) -> None:
        self.answer(status, json.dumps({"reason": reason} if reason else {"accepted": True}).encode())


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
