"""Takes an app store's events, signed and each once by its key; must not tell anybody of them: that is the teller's."""

import json
from collections.abc import Awaitable, Callable, Mapping

from carillon_chassis.clock import Clock
from carillon_chassis.errors import InvalidInput, PermissionRefused
from svc_channel.adapters.line_file import LineSpec
from svc_channel.adapters.market_exchange import MarketSettings, market_settings
from svc_channel.domain.callback import CallbackAnswer, CallbackRequest
from svc_channel.domain.market.events import MarketEvent, read_event
from svc_channel.domain.market.signatures import (
    EVENT,
    KEY_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    is_fresh,
    is_signed,
)

_KEY_LIMIT = 128
KeepEvent = Callable[[str, str, MarketEvent, bytes], Awaitable[bool]]
"""Line, key, event and body: makes it durable; False when it was kept before. Raises Conflict and Unavailable."""


class MarketCallback:
    """The events of one store (CHN-13)."""

    def __init__(self, settings: MarketSettings, *, keep: KeepEvent, clock: Clock) -> None:
        self._settings = settings
        self._keep = keep
        self._clock = clock

    async def take(self, request: CallbackRequest) -> CallbackAnswer:
        """202 once it is kept; the same key and event again is answered the same.

        Raises PermissionRefused (MARKET_SIGNATURE, MARKET_TIMESTAMP), InvalidInput (MARKET_*), Conflict
        (MARKET_KEY_CONFLICT) and Unavailable.
        """
        key = request.headers.get(KEY_HEADER, "")
        timestamp = request.headers.get(TIMESTAMP_HEADER, "")
        signature = request.headers.get(SIGNATURE_HEADER, "")
        signed = is_signed(
            signature,
            self._settings.secret,
            EVENT,
            line=self._settings.line,
            key=key,
            timestamp=timestamp,
            body=request.body,
        )
        if not signed:
            raise PermissionRefused(reason="MARKET_SIGNATURE", detail="sign the event with the line's secret")
        if not is_fresh(timestamp, now_seconds=self._clock.now().timestamp()):
            raise PermissionRefused(reason="MARKET_TIMESTAMP", detail="the time stamp is not of these five minutes")
        if not 0 < len(key) <= _KEY_LIMIT or not key.isascii() or not key.isprintable():
            raise InvalidInput(reason="MARKET_KEY", field=KEY_HEADER, detail=f"1 to {_KEY_LIMIT} printable characters")
        added = await self._keep(self._settings.line, key, read_event(request.body), request.body)
        body = json.dumps({"accepted": True, "replayed": not added}).encode()
        return CallbackAnswer(status=202, content_type="application/json", body=body)


def market_callback(spec: LineSpec, environment: Mapping[str, str], *, keep: KeepEvent, clock: Clock) -> MarketCallback:
    """The events of a line's store. Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING)."""
    return MarketCallback(market_settings(spec, environment), keep=keep, clock=clock)
