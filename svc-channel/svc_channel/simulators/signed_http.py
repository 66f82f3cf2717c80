"""What simulators that sign both ways do alike: signatures, stamps that count once, silence and forgery on demand.

Both ways are signed by HMAC-SHA-256 in hex over the lines method (an answer signs ``ANSWER``), path, the request's time
stamp and the body's SHA-256. It must do nothing that is not signed.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar, Final

from svc_channel.simulators.http_server import Faults, SimulatorHandler, SimulatorServer

# Clocks of two computers differ by less; what is older was recorded.
WINDOW_SECONDS: Final = 300.0


class Fault(StrEnum):
    """What goes wrong with a number."""

    REFUSE = "refuse"
    # Does what it was asked, and then never answers; a query tells.
    SILENT = "silent"
    # Takes its time first.
    SLOW = "slow"
    # Answers 503 when it is asked for that the first time.
    BUSY = "busy"
    # Does what it was asked, and answers with a signature that is none.
    FORGE = "forge"


# What is told, and what goes wrong with the answer although it was worked out well.
Answer = tuple[HTTPStatus, dict[str, str], Fault | None]


class Refusal(Exception):
    """A request that is answered with a status and nothing else."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class SignedServer(SimulatorServer[Fault]):
    """One simulator on one port, with the secret that it shares with its one client."""

    def __init__(
        self,
        address: tuple[str, int],
        handler: type["SignedHandler"],
        secret: bytes,
        *,
        faults: Faults[Fault],
        slow_seconds: float,
        wall_clock: Callable[[], float],
    ) -> None:
        super().__init__(address, handler, faults=faults)
        self._slow_seconds = slow_seconds
        self._secret = secret
        self._wall_clock = wall_clock
        self._seen: set[str] = set()

    def take_stamp(self, stamp: str) -> None:
        """Each stamp counts once, and only while it is fresh. Raises Refusal."""
        try:
            age = abs(self._wall_clock() - float(int(stamp.split(".", maxsplit=1)[0])))
        except ValueError:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "STAMP_INVALID") from None
        with self._lock:
            if age > WINDOW_SECONDS or stamp in self._seen:
                raise Refusal(HTTPStatus.UNAUTHORIZED, "STAMP_USED_OR_OLD")
            self._seen.add(stamp)

    def misbehave(self, msisdn: str, asked: str) -> Fault | None:
        """Waits where the number says so; what goes wrong with it. Raises Refusal where ``asked`` finds it busy."""
        fault = self.fault_of(msisdn)
        if fault is Fault.BUSY and self.meets_first(asked):
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "BUSY")
        if fault is Fault.SLOW:
            self.stopping.wait(self._slow_seconds)
        return fault

    def sign(self, method: str, path: str, stamp: str, body: bytes) -> str:
        """The signature in hex."""
        text = "\n".join((method, path, stamp, hashlib.sha256(body).hexdigest()))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


class SignedHandler(SimulatorHandler):
    """One connection; ``headers_prefix`` begins the names of both headers."""

    longest_body = 4096
    headers_prefix: ClassVar[str]
    server: SignedServer

    def serve(self, work: Callable[[bytes], Answer]) -> None:
        """Checks the request, has it worked on, and signs what comes of it."""
        try:
            body = self._read()
            status, said, fault = work(body)
        except Refusal as refusal:
            self._say(refusal.status, {"reason": refusal.reason}, "")
            # What is left of a request that was not read would be taken for the next one.
            self.close_connection = True
            return
        if fault is Fault.SILENT:
            self.keep_silent()
            return
        content = json.dumps(said, sort_keys=True).encode()
        stamp = self.headers.get(f"{self.headers_prefix}-timestamp", "")
        method = "FORGED" if fault is Fault.FORGE else "ANSWER"
        self._say(status, said, self.server.sign(method, self.path, stamp, content))

    def _read(self) -> bytes:
        body = self.read_body(absent="0")
        if body is None:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LONG")
        stamp = self.headers.get(f"{self.headers_prefix}-timestamp", "")
        given = self.headers.get(f"{self.headers_prefix}-signature", "")
        if not hmac.compare_digest(self.server.sign(self.command, self.path, stamp, body).encode(), given.encode()):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "SIGNATURE_INVALID")
        self.server.take_stamp(stamp)
        return body

    def _say(self, status: HTTPStatus, said: dict[str, str], signature: str) -> None:
        content = json.dumps(said, sort_keys=True).encode()
        self.answer(status, content, {f"{self.headers_prefix}-signature": signature} if signature else {})
