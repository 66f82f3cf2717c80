"""The demo's stage beyond the campaign's SMS: every other protocol reaches somebody once; it counts nothing."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any, Final

from carillon_deploy.demo.dataset import AS_OF
from carillon_deploy.demo.loop import Loop, wait_for_state
from carillon_deploy.errors import CommandError
from carillon_deploy.runner.simulators import ISMG_PREFIXES
from carillon_deploy.snapshot import load_snapshot

RESOURCE: Final = "demo-cover"
# One white point, the smallest picture that is one.
PICTURE: Final = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
OFFER: Final = "Songs of the week"
TONE: Final = "600902000000"
NEWCOMER: Final = f"{ISMG_PREFIXES[0]}13800138"


async def reach_elsewhere(loop: Loop) -> str:
    """Stage 10: WAP push by PAP, a picture by MM7, a place in an app store, USSD, SMS by CMPP, a call that plays a tone.

    CHN-07, CHN-08, CHN-12 to CHN-14.
    """
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
    await _load_newcomer(loop)
    text = {"to": NEWCOMER, "channel": "sms", "content": OFFER}
    sent["sms by CMPP"] = await loop.operator.post("/api/v1/messages", text)
    call = await loop.portal.post("/api/v1/auditions", {"msisdn": to, "tone": TONE})
    await asyncio.gather(
        wait_for_state(loop.portal, f"/api/v1/auditions/{call['id']}", "placed"),
        *(wait_for_state(loop.operator, f"/api/v1/messages/{message['id']}", "delivered") for message in sent.values()),
    )
    return f"{', '.join(sent)} delivered; a tone played; a USSD menu of {await _dial(loop, to)} lines"


async def _load_newcomer(loop: Loop) -> None:
    """Somebody who came over from another operator, whose numbers an ISMG leads to."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "newcomer.csv"
        file.write_text(f"msisdn\n{NEWCOMER}\n")
        fields = {"as_of": AS_OF, "kind": "subscribers"}
        loaded = await load_snapshot(
            loop.operator, file, fields=fields, dictionary=None, progress=lambda _done, _rows: None
        )
    if loaded.accepted != 1:
        msg = f"the newcomer was not loaded: {loaded.problem or 'see its rejects'}"
        raise CommandError(msg)


async def _dial(loop: Loop, msisdn: str) -> int:
    """Dials in, as the network tells it, and hangs up again; gives the lines of the first screen."""
    turn = {"msisdn": msisdn, "session": "demo"}
    screen = await loop.portal.post("/api/v1/channel/ussd", {**turn, "op": "begin", "code": "*100#"})
    await loop.portal.post("/api/v1/channel/ussd", {**turn, "op": "abort"})
    return len(screen["text"].splitlines())
