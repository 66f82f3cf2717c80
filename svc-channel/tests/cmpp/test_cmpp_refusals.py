"""A line that the ISMG does not let in: how often it knocks, and what it writes to the log about it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, cast

import pytest

from carillon_chassis.clock import SystemClock
from carillon_chassis.errors import InvalidInput
from carillon_chassis.telemetry import meter
from svc_channel.adapters.cmpp_peer import CmppPeer, cmpp_settings
from svc_channel.adapters.line import Outgoing, PartRefused
from svc_channel.adapters.line_file import LineSpec
from svc_channel.domain.cmpp.authenticator import authenticate_source
from svc_channel.domain.cmpp.texts import WideFormat
from svc_channel.simulators.ismg.process import IsmgProcess
from svc_channel.worker.booker import Booker
from svc_channel.worker.instruments import Instruments
from svc_channel.worker.link_keeper import LinkKeeper
from svc_channel.worker.sender import Sender
from svc_channel.worker.wire import Token

from .conftest import now, settings_for
from .ismg import SECRET, SOURCE, V2, outgoing

WRONG = "s3cr3t-nobody-knows"
SPEC: dict[str, Any] = {
    "name": "mobile",
    "protocol": "cmpp",
    "host": "10.0.0.1",
    "source": SOURCE,
    "secret_variable": "X",
}


async def knock(ismg: IsmgProcess, *, seconds: float, wait_seconds: float) -> int:
    """Keeps a line with a wrong secret for some time; how often it has tried."""
    settings = settings_for(ismg.port, secret=WRONG, refused_wait_seconds=wait_seconds)
    peer: CmppPeer[Token] = CmppPeer("mobile", settings, now=now)
    keeper = LinkKeeper(
        peer=peer,
        # Neither is asked for anything: no line comes up.
        sender=cast("Sender", None),
        booker=cast("Booker", None),
        instruments=Instruments(meter()),
        clock=SystemClock(),
        draw=lambda: 0.0,
        may_send=partial(asyncio.sleep, 0),
    )
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await keeper.run()
    return int((await ismg.ask({"op": "stats"}))["connects_refused"])


async def test_a_wrong_secret_is_tried_once_in_its_waiting_time_and_never_logged(
    start_ismg: Callable[..., Awaitable[IsmgProcess]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert await knock(await start_ismg(), seconds=1.5, wait_seconds=30) == 1
    assert "WRONG_SECRET" in caplog.text
    assert WRONG not in caplog.text
    assert authenticate_source(SOURCE, WRONG, 106063000).hex() not in caplog.text
    assert 2 <= await knock(await start_ismg(), seconds=1.5, wait_seconds=0.5) <= 3


def test_a_line_file_can_not_make_a_refused_line_knock_more_often_than_every_half_minute() -> None:
    with pytest.raises(InvalidInput, match="refused_wait_seconds"):
        cmpp_settings(LineSpec.model_validate({**SPEC, "refused_wait_seconds": 5}), {"X": SECRET})


def test_a_line_file_says_what_an_ismg_wants_and_where_its_secret_stands() -> None:
    said = {**SPEC, "version": "2.0", "wide_format": "gbk", "signature_room": 6, "service": "CVM", "fee_code": "000000"}
    settings = cmpp_settings(LineSpec.model_validate(said), {"X": SECRET})
    assert (settings.host, settings.port, settings.source, settings.secret) == ("10.0.0.1", 7890, SOURCE, SECRET)
    assert (settings.version, settings.wide, settings.signature_room) == (V2, WideFormat.GBK, 6)
    assert (settings.service, settings.fee_code, settings.window) == ("CVM", "000000", 16)
    wider = cmpp_settings(LineSpec.model_validate({**SPEC, "window": 32}), {"X": SECRET})
    assert wider.window == 32


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"source": "1234567"}, "LINE_OPTIONS"),
        ({"version": "4.0"}, "LINE_OPTIONS"),
        ({"secret": "in the file"}, "LINE_OPTIONS"),
        ({"signature_room": 31}, "LINE_OPTIONS"),
        ({"secret_variable": "UNSET"}, "SECRET_MISSING"),
    ],
)
def test_a_line_file_that_no_link_can_come_of_is_refused_by_name(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        cmpp_settings(LineSpec.model_validate({**SPEC, **said}), {"X": SECRET})


def test_a_push_goes_in_binary_parts_and_a_channel_that_cmpp_does_not_carry_is_refused() -> None:
    peer: CmppPeer[int] = CmppPeer("mobile", settings_for(7890), now=now)
    content = b'{"kind":"si","href":"http://www.example.com/offer","text":"You have 4 new offers"}'
    push = Outgoing(
        reference=1, channel="wap_push", source="10086", destination="8613800138000", text="", content=content
    )
    [part] = peer.cut(push)
    assert (part.data_coding, part.has_header) == (4, True)
    assert part.body[:7] == bytes.fromhex("0605040b8423f0")
    for wrong, reason in (
        (Outgoing(reference=1, channel="mms", source="1", destination="2", text=""), "CHANNEL_NOT_OF_LINE"),
        (Outgoing(reference=1, channel="wap_push", source="1", destination="2", text="", content=b"{"), "PUSH_CONTENT"),
        (outgoing("\ud800"), "TEXT_NOT_UNICODE"),
    ):
        with pytest.raises(PartRefused) as refused:
            peer.cut(wrong)
        assert refused.value.reason == reason
