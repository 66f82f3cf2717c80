"""Speaks to a service platform by signed JSON over HTTP; it must not decide what an answer means for an order.

``POST /openings`` ``{"id", "msisdn", "service"}`` opens once, ``DELETE /openings/<id>`` closes, ``GET`` tells; all answer
``{"id", "result": "open" | "closed" | "refused" | "unknown", "reference", "reason"}``, signed as domain/platform says.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Final

import httpx

from svc_channel.adapters.http_line import read_body
from svc_channel.domain.platform import ANSWER, REASON_LENGTH, PlatformAnswer, Verdict, is_signed, sign

TIMESTAMP_HEADER: Final = "x-platform-timestamp"
SIGNATURE_HEADER: Final = "x-platform-signature"
# A platform takes seconds at most; after this the outcome is in doubt and will be asked for.
TIMEOUT_SECONDS: Final = 10.0
PATH: Final = "/openings"
VERDICTS: Final = {
    httpx.codes.OK: {"open": Verdict.OPEN, "closed": Verdict.CLOSED, "refused": Verdict.REFUSED},
    httpx.codes.NOT_FOUND: {"unknown": Verdict.UNKNOWN},
}


class PlatformDesk:
    """See app.platforms.Platform."""

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        wall_clock: Callable[[], float],
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._client = httpx.AsyncClient(base_url=url.rstrip("/"), timeout=timeout_seconds, trust_env=False)
        self._timeout_seconds = timeout_seconds
        self._secret = secret
        self._wall_clock = wall_clock

    async def open(self, opening: str, *, msisdn: str, service: str) -> PlatformAnswer:
        """Asks to open; DOUBT when it is not known what became of it."""
        body = {"id": opening, "msisdn": msisdn, "service": service}
        return await self._ask("POST", PATH, opening, json.dumps(body, sort_keys=True).encode())

    async def close(self, opening: str) -> PlatformAnswer:
        """Asks to close; a second time finds it closed."""
        return await self._ask("DELETE", f"{PATH}/{opening}", opening, b"")

    async def query(self, opening: str) -> PlatformAnswer:
        """Asks how it stands."""
        return await self._ask("GET", f"{PATH}/{opening}", opening, b"")

    async def end(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _ask(self, method: str, path: str, opening: str, body: bytes) -> PlatformAnswer:
        # The random part makes every request's answer its own; a recorded one fits no other.
        timestamp = f"{int(self._wall_clock())}.{secrets.token_hex(8)}"
        signature = sign(self._secret, method=method, path=path, timestamp=timestamp, body=body)
        headers = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature, "content-type": "application/json"}
        try:
            async with asyncio.timeout(self._timeout_seconds):
                request = self._client.build_request(method, path, content=body, headers=headers)
                response = await self._client.send(request, stream=True)
                octets = await read_body(response)
        except (httpx.TimeoutException, TimeoutError):
            return _doubt("PLATFORM_TIMED_OUT")
        except httpx.HTTPError as error:
            return _doubt(f"PLATFORM_AWAY {type(error).__name__}")
        if response.status_code not in VERDICTS:
            return _doubt(f"PLATFORM_ANSWERED_{response.status_code}")
        given = response.headers.get(SIGNATURE_HEADER, "")
        signed = is_signed(given, self._secret, method=ANSWER, path=path, timestamp=timestamp, body=octets)
        if not signed:
            return _doubt("ANSWER_NOT_SIGNED")
        return _read(response.status_code, octets, opening)


def _read(status: int, octets: bytes, opening: str) -> PlatformAnswer:
    try:
        told = json.loads(octets)
        verdict = VERDICTS[httpx.codes(status)][told["result"]]
        if told["id"] != opening:
            return _doubt("ANSWER_TO_ANOTHER")
        return PlatformAnswer(
            verdict=verdict, reference=_printable(str(told["reference"])), reason=_printable(str(told["reason"]))
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return _doubt("ANSWER_UNREADABLE")


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:REASON_LENGTH]


def _doubt(reason: str) -> PlatformAnswer:
    return PlatformAnswer(verdict=Verdict.DOUBT, reason=reason)
