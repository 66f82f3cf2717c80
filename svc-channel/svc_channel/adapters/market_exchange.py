"""Speaks the suite's own contract to an app store: mobile_market messages out as signed jobs, answers read (CHN-13).

``POST <url>/jobs`` with the job's id as idempotency key, so that a job sent again is the same job.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import httpx
from pydantic import BaseModel, ConfigDict, Field

from carillon_chassis.clock import Clock
from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.http_line import HttpPeer, HttpSettings, PeerAnswer, read_status, without_words
from svc_channel.adapters.json_answers import named_reason, read_object
from svc_channel.adapters.line import Outgoing, OutgoingPart, PartRefused, Token
from svc_channel.adapters.line_file import LineSpec, read_options, read_secret
from svc_channel.domain.channel import Channel
from svc_channel.domain.market.jobs import read_content, write_job
from svc_channel.domain.market.signatures import JOB, KEY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from svc_channel.domain.submission import Answer

REASON_LENGTH: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSettings:
    """How one store knows us: ``line`` is the name that both sides sign, ``secret`` what they sign with."""

    url: str
    line: str
    secret: bytes = field(repr=False)


class MarketOptions(BaseModel):
    """What a line file says of an app store beside what it says of every line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=r"^https?://[^@\s]+$")
    secret_variable: str = Field(min_length=1)
    """The environment variable that holds what both sides sign with."""
    timeout_seconds: float = Field(default=10.0, gt=0)


def market_settings(spec: LineSpec, environment: Mapping[str, str]) -> MarketSettings:
    """How a line's store knows us. Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING)."""
    options = read_options(MarketOptions, spec)
    secret = read_secret(options.secret_variable, environment).get_secret_value()
    return MarketSettings(url=options.url.rstrip("/"), line=spec.name, secret=secret.encode())


def market_peer(spec: LineSpec, environment: Mapping[str, str], *, clock: Clock) -> HttpPeer[Token]:
    """The peer of a line of protocol market. Raises InvalidInput."""
    options = read_options(MarketOptions, spec)
    http = HttpSettings(name=spec.name, url=options.url, window=spec.window, timeout_seconds=options.timeout_seconds)
    return HttpPeer(http, MarketExchange(market_settings(spec, environment), clock))


class MarketExchange:
    """One store's way of taking jobs."""

    repeatable = True

    def __init__(self, settings: MarketSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """One part: the body of the job."""
        if message.channel != Channel.MOBILE_MARKET or message.content is None:
            raise PartRefused(reason="CHANNEL_UNSUPPORTED", detail=f"an app store takes no {message.channel}")
        try:
            offer = read_content(message.content)
        except InvalidInput as error:
            raise PartRefused(reason=error.reason, detail=error.detail) from error
        job = f"{self._settings.line}-{message.reference}"
        body = write_job(offer, job=job, msisdn=f"+{message.destination}", text=message.text)
        return [OutgoingPart(1, 1, message.source, message.destination, body, 0)]

    async def request(self, part: OutgoingPart) -> httpx.Request:
        """The POST of a part, signed now."""
        key = _job_of(part)
        timestamp = f"{int(self._clock.now().timestamp())}.{secrets.token_hex(8)}"
        signature = sign(
            self._settings.secret, JOB, line=self._settings.line, key=key, timestamp=timestamp, body=part.body
        )
        headers = {
            "content-type": "application/json",
            KEY_HEADER: key,
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signature,
        }
        return httpx.Request("POST", f"{self._settings.url}/jobs", content=part.body, headers=headers)

    def read(self, part: OutgoingPart, status: int, body: bytes) -> PeerAnswer:
        """202 is taken; 429 and 5xx pass away; whatever else is for good. Raises Barred on 401 and 403."""
        if status == httpx.codes.ACCEPTED:
            return PeerAnswer(Answer.ACCEPTED, _job_of(part))
        said = read_status(status, peer="the app store") or without_words(status)
        reason = (
            named_reason(read_object(body), prefix="MARKET_", most=REASON_LENGTH)
            if said.answer is Answer.REFUSED
            else ""
        )
        return replace(said, reason=reason) if reason else said


def _job_of(part: OutgoingPart) -> str:
    return str(json.loads(part.body)["id"])
