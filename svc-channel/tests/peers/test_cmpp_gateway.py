"""Our CMPP link against an ISMG that is not ours, made of pycmpp.

No ISMG of another make is in Debian, npm or PyPI. This one takes a CONNECT only where it has every octet of pycmpp's own,
and reads our SUBMITs by pycmpp; of 3.0 Wireshark's dissector is the judge, and clients of other people hold our simulator.
"""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from svc_channel.adapters.cmpp_link import CmppLink
from svc_channel.adapters.cmpp_peer import CmppPeer
from svc_channel.adapters.cmpp_values import ConnectRefused
from svc_channel.domain.cmpp import commands
from svc_channel.domain.message import PartState
from svc_channel.domain.submission import Answer

from ..cmpp.conftest import now, settings_for  # noqa: TID252 -- tests have no name to import by
from ..cmpp.ismg import SECRET, SOURCE, collect, outgoing  # noqa: TID252 -- the same
from .telling_script import TellingScript, run_script

pytestmark = pytest.mark.peers

SCRIPT = Path(__file__).with_name("cmpp_gateway.py")
LONG = "尊敬的客户，您已成功订购彩铃业务" * 6  # noqa: RUF001 -- a full-width comma is the point


@pytest.fixture
async def gateway(cmpp_packages: Path) -> AsyncIterator[TellingScript]:
    environment = {**os.environ, "PYTHONPATH": str(cmpp_packages)}
    async with run_script(sys.executable, str(SCRIPT), SOURCE, SECRET, environment=environment) as gateway:
        yield gateway


async def test_texts_reports_and_inbound_go_both_ways(gateway: TellingScript) -> None:
    settings = settings_for(gateway.port, version=commands.VERSION_21, service="CVM", fee_code="000010")
    link: CmppLink[int] = await CmppLink.connect(settings, now=now)
    # A January morning: the moment's leading zero is part of what was proved.
    assert await gateway.said() == {"kind": "connect", "status": 0}
    first, second = CmppPeer("mobile", settings, now=now).cut(outgoing(LONG))
    await link.submit(1, first)
    [busy], _ = await collect(link, answers=1)
    assert busy.answer is Answer.THROTTLED
    read = await gateway.said()
    assert (read["pk_total"], read["pk_number"], read["tp_udhi"], read["msg_fmt"]) == (2, 1, 1, 8)
    assert (read["msg_src"], read["service_id"].rstrip("\0"), read["fee_code"]) == (SOURCE, "CVM", "000010")
    assert (read["src_id"].rstrip("\0"), read["dest_terminal_id"].rstrip("\0")) == ("10086", "8613800138000")
    assert (read["register_delivery"], read["msg_length"]) == (1, len(first.body))

    await link.submit(2, second)
    answers, deliveries = await collect(link, answers=1, deliveries=2, responds=True)
    rest = await gateway.said()
    assert read["msg_content"] + rest["msg_content"] == LONG
    [accepted] = answers
    report, inbound = deliveries
    assert accepted.answer is Answer.ACCEPTED
    assert report.receipt is not None
    assert (report.receipt.smsc_id, report.receipt.state) == (accepted.peer_id, PartState.DELIVERED)
    assert report.receipt.msisdn == "+8613800138000"
    assert inbound.inbound is not None
    assert inbound.inbound.text == "我要彩铃"
    # It asked whether we live, and both deliveries were acknowledged by their own ids with result 0.
    told = [await gateway.said() for _ in range(3)]
    assert {one["command"] for one in told} == {5, 8}
    acknowledged = {one["sequence"]: one["body"] for one in told if one["command"] == 5}
    assert acknowledged == {70_001: "bad5e00004d2000800", 70_002: "bad5e00004d2000900"}
    assert [len(one["body"]) for one in told if one["command"] == 8] == [2]
    await link.unbind(drain_seconds=1)
    assert await gateway.said() == {"kind": "terminate", "length": 12}


async def test_a_wrong_secret_is_refused(gateway: TellingScript) -> None:
    with pytest.raises(ConnectRefused):
        await CmppLink.connect(settings_for(gateway.port, version=commands.VERSION_21, secret="888889"), now=now)
    assert await gateway.said() == {"kind": "connect", "status": 3}
