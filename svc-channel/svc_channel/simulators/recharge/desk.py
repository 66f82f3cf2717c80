"""The recharge simulator's HTTP side: answers duplicates with the first result, and misbehaves on demand.

``POST /recharges`` and ``GET /recharges/<id>``, signed as signed_http says. It must not pay what is not signed.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from svc_channel.simulators.http_server import Faults
from svc_channel.simulators.recharge.till import ID, MSISDN, Till
from svc_channel.simulators.signed_http import Answer, Fault, Refusal, SignedHandler, SignedServer

_PATH: Final = "/recharges"


class RechargeServer(SignedServer):
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
        super().__init__(
            address, RechargeHandler, secret, faults=faults, slow_seconds=slow_seconds, wall_clock=wall_clock
        )
        self.till = till


class RechargeHandler(SignedHandler):
    """One connection."""

    headers_prefix = "x-recharge"
    server: RechargeServer

    def do_POST(self) -> None:  # noqa: N802 -- http.server's name
        """Pays once."""
        self.serve(self._pay)

    def do_GET(self) -> None:  # noqa: N802 -- http.server's name
        """Tells what became of a recharge."""
        self.serve(self._tell)

    def _pay(self, body: bytes) -> Answer:
        if self.path != _PATH:
            raise Refusal(HTTPStatus.NOT_FOUND, "PATH_UNKNOWN")
        recharge_id, msisdn, amount_fen = _parse(body)
        fault = self.server.misbehave(msisdn, recharge_id)
        recharge = self.server.till.pay(recharge_id, msisdn=msisdn, amount_fen=amount_fen, closed=fault is Fault.REFUSE)
        if not recharge.asks_the_same(msisdn, amount_fen):
            raise Refusal(HTTPStatus.CONFLICT, "ANOTHER_RECHARGE")
        return HTTPStatus.OK, recharge.answer(), fault

    def _tell(self, body: bytes) -> Answer:
        recharge_id = self.path.removeprefix(f"{_PATH}/")
        if body or ID.fullmatch(recharge_id) is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "PATH_UNKNOWN")
        recharge = self.server.till.find(recharge_id)
        if recharge is None:
            unknown = {"id": recharge_id, "result": "unknown", "reference": "", "reason": ""}
            return HTTPStatus.NOT_FOUND, unknown, None
        return HTTPStatus.OK, recharge.answer(), None


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
