"""Speaks the suite's own contract to an HTTP gateway of a USSD network: pushed screens out, what became of them read.

``POST <url>/pushes`` ``{"id", "msisdn", "sender", "text", "asks"}`` with HTTP Basic; the network shows a screen within
seconds or not at all, so the answer says which: 200 ``{"id", "state": "shown" | "failed", "reason"}``, and the same for
the same id again. What somebody answers to a screen that ``asks`` comes to ``POST /channel/ussd`` (CHN-12). No gateway's
interface is public, and none is claimed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, Field

from svc_channel.adapters.http_line import HttpPeer, HttpSettings, PeerAnswer, read_status, without_words
from svc_channel.adapters.json_answers import named_reason, read_object
from svc_channel.adapters.line import Outgoing, OutgoingPart, PartRefused, Token
from svc_channel.adapters.line_file import LineSpec, read_options, read_secret
from svc_channel.domain.channel import Channel
from svc_channel.domain.message import PartState
from svc_channel.domain.sessions.limits import LIMITS
from svc_channel.domain.smpp.ussd import ASKS
from svc_channel.domain.submission import Answer

REASON_LENGTH: Final = 40


class UssdOptions(BaseModel):
    """What a line file says of a USSD gateway beside what it says of every line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=r"^https?://[^@\s]+$")
    user: str = Field(min_length=1)
    password_variable: str = Field(min_length=1)
    """The environment variable that holds the password."""
    timeout_seconds: float = Field(default=15.0, gt=0)
    """A network waits some ten seconds for a phone."""


def ussd_peer(spec: LineSpec, environment: Mapping[str, str]) -> HttpPeer[Token]:
    """The peer of a line of protocol ussd_http. Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING)."""
    options = read_options(UssdOptions, spec)
    http = HttpSettings(name=spec.name, url=options.url, window=spec.window, timeout_seconds=options.timeout_seconds)
    password = read_secret(options.password_variable, environment).get_secret_value()
    return HttpPeer(
        http, UssdExchange(line=spec.name, url=options.url.rstrip("/"), user=options.user, password=password)
    )


class UssdExchange:
    """One gateway's way of taking screens."""

    repeatable = True

    def __init__(self, *, line: str, url: str, user: str, password: str) -> None:
        self._line = line
        self._url = url
        self._auth = httpx.BasicAuth(user, password)

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """One part: the body of the push. Raises PartRefused, TEXT_TOO_LONG for what is more than a screen."""
        if message.channel != Channel.USSD:
            raise PartRefused(reason="CHANNEL_UNSUPPORTED", detail=f"a USSD gateway takes no {message.channel}")
        if not LIMITS["ussd"].fits(message.text):
            raise PartRefused(reason="TEXT_TOO_LONG", detail="a USSD screen holds 182 characters, or 91 of UCS2")
        push = {
            "id": f"{self._line}-{message.reference}",
            "msisdn": f"+{message.destination}",
            "sender": message.source,
            "text": message.text,
            "asks": message.content == ASKS,
        }
        body = json.dumps(push, ensure_ascii=False, sort_keys=True).encode()
        return [OutgoingPart(1, 1, message.source, message.destination, body, 0)]

    async def request(self, part: OutgoingPart) -> httpx.Request:
        """The POST of a part."""
        headers = {"content-type": "application/json"}
        request = httpx.Request("POST", f"{self._url}/pushes", content=part.body, headers=headers)
        return next(self._auth.sync_auth_flow(request))

    def read(self, part: OutgoingPart, status: int, body: bytes) -> PeerAnswer:
        """Shown is delivered; failed is for good, and another channel may cure it. Raises Barred on 401 and 403."""
        if status == httpx.codes.OK:
            return _read(json.loads(part.body)["id"], body)
        told = read_status(status, peer="the USSD gateway") or without_words(status)
        reason = _reason_of(read_object(body)) if told.answer is Answer.REFUSED else ""
        return replace(told, reason=reason) if reason else told


def _read(push_id: str, body: bytes) -> PeerAnswer:
    told = read_object(body)
    if told.get("id") == push_id and told.get("state") == "shown":
        return PeerAnswer(Answer.ACCEPTED, push_id, state=PartState.DELIVERED)
    if told.get("id") == push_id and told.get("state") == "failed":
        return PeerAnswer(Answer.REFUSED, reason=_reason_of(told) or "USSD_FAILED")
    # It may have been shown; asked again under the same id, the gateway says.
    return PeerAnswer(Answer.TRANSIENT, reason="ANSWER_UNREADABLE")


def _reason_of(told: Mapping[str, object]) -> str:
    return named_reason(told, prefix="USSD_", most=REASON_LENGTH)
