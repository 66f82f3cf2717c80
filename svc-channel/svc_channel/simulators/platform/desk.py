"""The service platform's HTTP side: opens and closes services for numbers, and misbehaves on demand.

``POST /openings``, ``DELETE /openings/<id>`` and ``GET /openings/<id>``, signed as signed_http says. It must not open
what is not signed.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from svc_channel.simulators.http_server import Faults
from svc_channel.simulators.platform.book import ID, MSISDN, SERVICE, Book, Opening
from svc_channel.simulators.signed_http import Answer, Fault, Refusal, SignedHandler, SignedServer

_PATH: Final = "/openings"


class PlatformServer(SignedServer):
    """The simulator on its port."""

    def __init__(
        self,
        address: tuple[str, int],
        book: Book,
        secret: bytes,
        *,
        faults: Faults[Fault],
        slow_seconds: float,
        wall_clock: Callable[[], float],
    ) -> None:
        super().__init__(
            address, PlatformHandler, secret, faults=faults, slow_seconds=slow_seconds, wall_clock=wall_clock
        )
        self.book = book


class PlatformHandler(SignedHandler):
    """One connection."""

    headers_prefix = "x-platform"
    server: PlatformServer

    def do_POST(self) -> None:  # noqa: N802 -- http.server's name
        """Opens once."""
        self.serve(self._open)

    def do_DELETE(self) -> None:  # noqa: N802 -- http.server's name
        """Closes what was opened."""
        self.serve(self._close)

    def do_GET(self) -> None:  # noqa: N802 -- http.server's name
        """Tells how an opening stands."""
        self.serve(self._tell)

    def _open(self, body: bytes) -> Answer:
        if self.path != _PATH:
            raise Refusal(HTTPStatus.NOT_FOUND, "PATH_UNKNOWN")
        opening_id, msisdn, service = _parse(body)
        fault = self.server.misbehave(msisdn, f"open {opening_id}")
        opening = self.server.book.open(opening_id, msisdn=msisdn, service=service, barred=fault is Fault.REFUSE)
        if not opening.asks_the_same(msisdn, service):
            raise Refusal(HTTPStatus.CONFLICT, "ANOTHER_OPENING")
        return _answer(opening, fault)

    def _close(self, body: bytes) -> Answer:
        opening_id = self._opening_id(body)
        known = self.server.book.find(opening_id)
        if known is None:
            return _unknown(opening_id)
        fault = self.server.misbehave(known.msisdn, f"close {opening_id}")
        return _answer(self.server.book.end(opening_id) or known, fault)

    def _tell(self, body: bytes) -> Answer:
        opening_id = self._opening_id(body)
        opening = self.server.book.find(opening_id)
        return _unknown(opening_id) if opening is None else _answer(opening, None)

    def _opening_id(self, body: bytes) -> str:
        opening_id = self.path.removeprefix(f"{_PATH}/")
        if body or ID.fullmatch(opening_id) is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "PATH_UNKNOWN")
        return opening_id


def _answer(opening: Opening, fault: Fault | None) -> Answer:
    return HTTPStatus.OK, opening.answer(), fault


def _unknown(opening_id: str) -> Answer:
    return HTTPStatus.NOT_FOUND, {"id": opening_id, "result": "unknown", "reference": "", "reason": ""}, None


def _parse(body: bytes) -> tuple[str, str, str]:
    """Id, number and service of a request. Raises Refusal for a body that a strict peer would not take."""
    try:
        asked = json.loads(body)
        told = asked.pop("id"), asked.pop("msisdn"), asked.pop("service")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "BODY_INVALID") from None
    shapes = zip(told, (ID, MSISDN, SERVICE), strict=True)
    if asked or not all(isinstance(value, str) and shape.fullmatch(value) for value, shape in shapes):
        raise Refusal(HTTPStatus.BAD_REQUEST, "BODY_INVALID")
    return told
