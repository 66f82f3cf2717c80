"""The demo's stage beyond SMS: one customer reached by each other channel, each over its own protocol; it counts nothing."""

import asyncio
import time
from typing import Any, Final

from carillon_deploy.demo.loop import POLL_SECONDS, Loop
from carillon_deploy.errors import CommandError

# A result that comes before the answer to its push is matched a few seconds later.
LIMIT_SECONDS: Final = 60.0
RESOURCE: Final = "demo-cover"
# One white point, the smallest picture that is one.
PICTURE: Final = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
OFFER: Final = "Songs of the week"


async def reach_elsewhere(loop: Loop) -> str:
    """Stage 10: a WAP push by PAP, a picture by MM7, a place in an app store, a menu and a notice by USSD (CHN-07, 12 to 14)."""
    to = loop.customers[0].msisdn
    await loop.operator.send_octets(f"/api/v1/resources/{RESOURCE}/slots/1", PICTURE, media_type="image/gif")
    push = {"kind": "si", "href": f"{loop.home.url}/docs", "text": OFFER}
    place = {"kind": "recommendation", "items": ["music-client"], "slot": "home"}
    contents: dict[str, Any] = {
        "wap_push": {"data": push},
        "mms": {"text": OFFER, "data": {"resource": RESOURCE, "subject": OFFER}},
        "mobile_market": {"text": OFFER, "data": place},
        "ussd": OFFER,
    }
    sent = {
        channel: await loop.operator.post("/api/v1/messages", {"to": to, "channel": channel, "content": content})
        for channel, content in contents.items()
    }
    await asyncio.gather(*(_delivered(loop, channel, message["id"]) for channel, message in sent.items()))
    return f"{', '.join(sent)} delivered; a USSD menu of {await _dial(loop, to)} lines"


async def _delivered(loop: Loop, channel: str, message_id: str) -> None:
    """Waits for the end of a message. Raises CommandError unless it is delivered in time."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while (message := await loop.operator.get(f"/api/v1/messages/{message_id}"))["state"] != "delivered":
        if message["state"] == "failed" or time.monotonic() > deadline:
            msg = f"the {channel} message is {message['state']} {message['reason'] or 'still'}"
            raise CommandError(msg)
        await asyncio.sleep(POLL_SECONDS)


async def _dial(loop: Loop, msisdn: str) -> int:
    """Dials in, as the network tells it, and hangs up again; gives the lines of the first screen."""
    turn = {"msisdn": msisdn, "session": "demo"}
    screen = await loop.portal.post("/api/v1/channel/ussd", {**turn, "op": "begin", "code": "*100#"})
    await loop.portal.post("/api/v1/channel/ussd", {**turn, "op": "abort"})
    return len(screen["text"].splitlines())
