"""Hands calls to the out-call system over HTTP; keeps none of them.

``POST <url>/calls`` with ``{"id", "msisdn", "number", "tone"}``: 202 is taken (also for an id it has), 4xx refused with
``{"reason"}``, anything else is tried again.
"""

import json
import re
from http import HTTPStatus
from typing import Final
from uuid import UUID

import httpx

from carillon_chassis.errors import Unavailable
from svc_channel.app.out_calls import CallRefused
from svc_channel.domain.hotline import HOTLINE

TIMEOUT_SECONDS: Final = 5.0
_REASON: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")


class OutCallDesk:
    """See app.out_calls.OutCalls."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)

    async def place(self, call_id: UUID, *, msisdn: str, tone: str) -> None:
        """One call from the hotline's number."""
        body = {"id": str(call_id), "msisdn": msisdn, "number": HOTLINE, "tone": tone}
        try:
            answer = await self._client.post(f"{self._url}/calls", json=body)
        except httpx.HTTPError as error:
            raise Unavailable(reason="OUT_CALL_AWAY", detail=f"the out-call system: {error}") from error
        if answer.status_code == HTTPStatus.ACCEPTED:
            return
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or answer.is_server_error:
            raise Unavailable(reason="OUT_CALL_AWAY", detail=f"the out-call system answers {answer.status_code}")
        raise CallRefused(_reason(answer))

    async def close(self) -> None:
        """Closes its connections."""
        await self._client.aclose()


def _reason(answer: httpx.Response) -> str:
    """The system's word where it is one, else the status."""
    try:
        said = json.loads(answer.content)["reason"]
    except (ValueError, KeyError, TypeError):
        said = ""
    return said if isinstance(said, str) and _REASON.fullmatch(said) else f"HTTP_{answer.status_code}"
