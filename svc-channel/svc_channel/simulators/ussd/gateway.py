"""The simulated HTTP gateway of a USSD network: shows each push once, forgets none, and misbehaves on demand.

``POST /pushes`` by the contract of ``adapters/ussd_exchange``, ``GET /pushes`` what was shown; both with HTTP Basic. No
real gateway's interface is claimed. It must not show what is too long for a screen.
"""

import base64
import hmac
import json
import re
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from svc_channel.domain.sessions.limits import LIMITS
from svc_channel.simulators.http_server import Faults, SimulatorHandler, SimulatorServer
from svc_channel.simulators.line_journal import LineJournal, read_lines

PATH: Final = "/pushes"
_SHAPES: Final = {
    "id": re.compile(r"[A-Za-z0-9._:-]{1,80}"),
    "msisdn": re.compile(r"\+[1-9][0-9]{5,14}"),
    "sender": re.compile(r"[0-9*#]{2,20}"),
    "text": re.compile(r".+", re.DOTALL),
}


class Fault(StrEnum):
    """What goes wrong with a number."""

    ABSENT = "absent"
    """The phone is switched off: the push fails."""
    BUSY = "busy"
    """503 the first time."""
    SILENT = "silent"
    """Shows the screen, and does not answer the first time."""


class GatewayServer(SimulatorServer[Fault]):
    """The simulator on its port."""

    def __init__(
        self, address: tuple[str, int], journal: Path, *, user: str, password: str, faults: Faults[Fault]
    ) -> None:
        super().__init__(address, GatewayHandler, faults=faults)
        self.authorization = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
        self.pushes: dict[str, dict[str, Any]] = {line["push"]["id"]: line for line in read_lines(journal)}
        self._journal = LineJournal(journal)

    def show(self, push: dict[str, Any]) -> dict[str, Any] | None:
        """What became of a push, decided once an id; None for another push under the same id."""
        with self._lock:
            known = self.pushes.get(push["id"])
            if known is None:
                absent = self.fault_of(push["msisdn"]) is Fault.ABSENT
                known = {"push": push, "state": "failed" if absent else "shown", "reason": "ABSENT" if absent else ""}
                self._journal.append(known)
                self.pushes[push["id"]] = known
        return known if known["push"] == push else None

    def close(self) -> None:
        """Closes the journal."""
        self._journal.close()


class GatewayHandler(SimulatorHandler):
    """One connection."""

    longest_body = 4096
    server: GatewayServer

    def do_POST(self) -> None:  # noqa: N802 -- http.server's name
        """Shows a screen."""
        body = self.read_body()
        if not self._is_ours():
            return
        push = None if body is None else _read_push(body)
        if push is None or self.path != PATH:
            self._say(HTTPStatus.BAD_REQUEST, {"reason": "PUSH_MALFORMED"})
            return
        fault = self.server.fault_of(push["msisdn"])
        first = self.server.meets_first(push["id"])
        if fault is Fault.BUSY and first:
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, {"reason": "BUSY"})
            return
        known = self.server.show(push)
        if known is None:
            self._say(HTTPStatus.CONFLICT, {"reason": "ANOTHER_PUSH"})
        elif fault is Fault.SILENT and first:
            self.keep_silent()
        else:
            self._say(HTTPStatus.OK, {"id": push["id"], "state": known["state"], "reason": known["reason"]})

    def do_GET(self) -> None:  # noqa: N802 -- http.server's name
        """Tells what was pushed."""
        if self._is_ours():
            self._say(HTTPStatus.OK, {"pushes": list(self.server.pushes.values())})

    def _is_ours(self) -> bool:
        """Whether the credentials are right; an answer is given where they are not."""
        given = self.headers.get("authorization", "")
        if hmac.compare_digest(given.encode(), self.server.authorization.encode()):
            return True
        self._say(HTTPStatus.UNAUTHORIZED, {"reason": "CREDENTIALS"})
        return False

    def _say(self, status: HTTPStatus, told: dict[str, Any]) -> None:
        self.answer(status, json.dumps(told).encode("ascii"))


def _read_push(body: bytes) -> dict[str, Any] | None:
    """A push as a strict gateway reads it; None for what is none."""
    try:
        push = json.loads(body)
    except ValueError:
        return None
    if not isinstance(push, dict) or push.keys() != {*_SHAPES, "asks"} or not isinstance(push["asks"], bool):
        return None
    sound = all(isinstance(push[name], str) and shape.fullmatch(push[name]) for name, shape in _SHAPES.items())
    return push if sound and LIMITS["ussd"].fits(push["text"]) else None
