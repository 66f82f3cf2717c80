"""The simulator's HTTP side: checks signatures, answers duplicates with the first result, and misbehaves on demand.

``POST /recharges`` and ``GET /recharges/<id>``; both ways are signed by HMAC-SHA-256 in hex over the lines method (an
answer signs ``ANSWER``), path, the request's time stamp and the body's SHA-256. It must not pay what is not signed.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from svc_channel.simulators.http_server import Faults, SimulatorHandler, SimulatorServer
from svc_channel.simulators.recharge.till import ID, MSISDN, Till

TIMESTAMP_HEADER: Final = "x-recharge-timestamp"
SIGNATURE_HEADER: Final = "x-recharge-signature"
# Clocks of two computers differ by less; what is older was recorded.
WINDOW_SECONDS: Final = 300.0
_PATH: Final = "/recharges"


class Fault(StrEnum):
    """What goes wrong with a number."""

    REFUSE = "refuse"
    # Pays, and then never answers; a query tells.
    SILENT = "silent"
    # Takes its time before it pays.
    SLOW = "slow"
    # Answers 503 when it is asked the first time.
    BUSY = "busy"
    # Pays, and answers with a signature that is none.
    FORGE = "forge"


class Refusal(Exception):
    """A request that is answered with a status and nothing else."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class RechargeServer(SimulatorServer[Fault]):
    """The simulator on its port."""

    def __init__(
        self,
        address: tuple[str, int],
        till: Till,
        secret: bytes,
        *,
        faults: Faults[Fault],
        slow_seconds: float,
        wall_clock: Callable[[], float],
    ) -> None:
        super().__init__(address, RechargeHandler, faults=faults)
        self.till = till
        self.secret = secret
        self.slow_seconds = slow_seconds
        self.wall_clock = wall_clock
        self._seen: set[str] = set()

    def take_stamp(self, stamp: str) -> None:
        """Each stamp counts once, and only while it is fresh. Raises Refusal."""
        try:
            age = abs(self.wall_clock() - float(int(stamp.split(".", maxsplit=1)[0])))
        except ValueError:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "STAMP_INVALID") from None
        with self._lock:
            if age > WINDOW_SECONDS or stamp in self._seen:
                raise Refusal(HTTPStatus.UNAUTHORIZED, "STAMP_USED_OR_OLD")
            self._seen.add(stamp)

    def sign(self, method: str, path: str, stamp: str, body: bytes) -> str:
        """The signature in hex."""
        text = "\n".join((method, path, stamp, hashlib.sha256(body).hexdigest()))
        return hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()


class RechargeHandler(SimulatorHandler):
    """One connection."""

    longest_body = 4096
    server: RechargeServer

    def do_POST(self) -> None:  # noqa: N802 -- http.server's name
        """Pays once."""
        self._serve(self._pay)

    def do_GET(self) -> None:  # noqa: N802 -- http.server's name
        """Tells what became of a recharge."""
        self._serve(self._tell)

    def _serve(self, work: Callable[[bytes], tuple[HTTPStatus, dict[str, str], Fault | None]]) -> None:
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
        stamp = self.headers.get(TIMESTAMP_HEADER, "")
        signature = self.server.sign("FORGED" if fault is Fault.FORGE else "ANSWER", self.path, stamp, content)
        self._say(status, said, signature)

    def _read(self) -> bytes:
        body = self.read_body(absent="0")
        if body is None:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BODY_TOO_LONG")
        stamp = self.headers.get(TIMESTAMP_HEADER, "")
        wanted = self.server.sign(self.command, self.path, stamp, body)
        if not hmac.compare_digest(wanted.encode(), self.headers.get(SIGNATURE_HEADER, "").encode()):
            raise Refusal(HTTPStatus.UNAUTHORIZED, "SIGNATURE_INVALID")
        self.server.take_stamp(stamp)
        return body

    def _pay(self, body: bytes) -> tuple[HTTPStatus, dict[str, str], Fault | None]:
        if self.path != _PATH:
            raise Refusal(HTTPStatus.NOT_FOUND, "PATH_UNKNOWN")
        recharge_id, msisdn, amount_fen = _parse(body)
        fault = self.server.fault_of(msisdn)
        if fault is Fault.BUSY and self.server.meets_first(recharge_id):
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "BUSY")
        if fault is Fault.SLOW:
            self.server.stopping.wait(self.server.slow_seconds)
        recharge = self.server.till.pay(recharge_id, msisdn=msisdn, amount_fen=amount_fen, closed=fault is Fault.REFUSE)
        if not recharge.asks_the_same(msisdn, amount_fen):
            raise Refusal(HTTPStatus.CONFLICT, "ANOTHER_RECHARGE")
        return HTTPStatus.OK, recharge.answer(), fault

    def _tell(self, body: bytes) -> tuple[HTTPStatus, dict[str, str], Fault | None]:
        recharge_id = self.path.removeprefix(f"{_PATH}/")
        if body or ID.fullmatch(recharge_id) is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "PATH_UNKNOWN")
        recharge = self.server.till.find(recharge_id)
        if recharge is None:
            unknown = {"id": recharge_id, "result": "unknown", "reference": "", "reason": ""}
            return HTTPStatus.NOT_FOUND, unknown, None
        return HTTPStatus.OK, recharge.answer(), None

    def _say(self, status: HTTPStatus, said: dict[str, str], signature: str) -> None:
        content = json.dumps(said, sort_keys=True).encode()
        self.answer(status, content, {SIGNATURE_HEADER: signature} if signature else {})


def _parse(body: bytes) -> tuple[str, str, int]:
    """Id, number and fen of a request. Raises Refusal for a body that a strict peer would not take."""
    try:
        asked = json.loads(body)
        recharge_id, msisdn, amount_fen = asked.pop("id"), asked.pop("msisdn"), asked.pop("amount_fen")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "BODY_INVALID") from None
    texts = isinstance(recharge_id, str) and isinstance(msisdn, str)
    if asked or not texts or ID.fullmatch(recharge_id) is None or MSISDN.fullmatch(msisdn) is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, "BODY_INVALID")
    if type(amount_fen) is not int or amount_fen < 1:
        raise Refusal(HTTPStatus.BAD_REQUEST, "AMOUNT_INVALID")
    return recharge_id, msisdn, amount_fen
