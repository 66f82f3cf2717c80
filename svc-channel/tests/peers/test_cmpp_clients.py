"""CMPP clients of other people against our ISMG, and reading our octets: the 2.x layout that Wireshark does not know."""

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from svc_channel.domain.cmpp import codec, pdus
from svc_channel.domain.cmpp.commands import VERSION_20
from svc_channel.domain.cmpp.texts import cut_text, read_text
from svc_channel.domain.smpp.pdus import ESM_UDHI
from svc_channel.simulators.ismg.process import IsmgProcess
from svc_channel.simulators.messages.journal import Accepted, read_journal

pytestmark = pytest.mark.peers

SCRIPT = Path(__file__).with_name("cmpp_clients.py")
SOURCE = "900001"
SECRET = "888888"
LONG = "尊敬的客户，您已成功订购彩铃业务" * 12  # noqa: RUF001 -- a full-width comma is the point
Run = Callable[..., Awaitable[Any]]


@pytest.fixture
def run_client(cmpp_packages: Path) -> Run:
    """Runs the script with the packages."""

    async def run(*arguments: str) -> Any:
        environment = {**os.environ, "PYTHONPATH": str(cmpp_packages)}
        async with asyncio.timeout(60):
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(SCRIPT), *arguments, env=environment, stdout=PIPE
            )
            told, _ = await process.communicate()
        return json.loads(told)

    return run


@pytest.fixture
async def ismg() -> AsyncIterator[IsmgProcess]:
    """A simulator; a unix socket's path holds about 100 characters, and pytest's own folders may be longer."""
    with tempfile.TemporaryDirectory(prefix="ismg-") as folder:
        ismg = IsmgProcess(Path(folder), secret=SECRET, source=SOURCE)
        await ismg.start()
        yield ismg
        await ismg.stop()


def taken(ismg: IsmgProcess) -> list[Accepted]:
    """What the simulator accepted, in order."""
    return [record for record in read_journal(ismg.journal) if isinstance(record, Accepted)]


def text_of(records: list[Accepted]) -> str:
    """The text of one message's parts."""
    return "".join(
        read_text(one.short_message, message_format=one.data_coding, has_header=bool(one.esm_class & ESM_UDHI)).text
        for one in records
    )


async def test_a_client_of_three_connects_submits_and_terminates(run_client: Run, ismg: IsmgProcess) -> None:
    answer = await run_client("three", ismg.host, str(ismg.port), SOURCE, SECRET, "您好")
    [record] = taken(ismg)
    assert answer == {"result": 0, "message_id": int(record.message_id, 16)}
    assert (record.source, record.destination, text_of([record])) == ("10086", "8613800138000", "您好")


async def test_a_client_of_three_with_a_wrong_secret_is_refused(run_client: Run, ismg: IsmgProcess) -> None:
    assert await run_client("three", ismg.host, str(ismg.port), SOURCE, "888889", "您好") == {}
    assert taken(ismg) == []


async def test_a_client_of_two_sends_a_short_text_and_a_long_one_in_parts(run_client: Run, ismg: IsmgProcess) -> None:
    answers = await run_client("two", ismg.host, str(ismg.port), SOURCE, SECRET, "您好", LONG)
    records = taken(ismg)
    assert [answer["result"] for answer in answers] == [0] * 4
    assert [answer["message_id"] for answer in answers] == [int(record.message_id, 16) for record in records]
    assert (text_of(records[:1]), text_of(records[1:])) == ("您好", LONG)
    parts = [read_text(one.short_message, message_format=one.data_coding, has_header=True).part for one in records[1:]]
    assert [(part.total, part.number) for part in parts if part] == [(3, 1), (3, 2), (3, 3)]


async def test_a_reader_of_two_reads_every_field_of_ours(run_client: Run) -> None:
    second = cut_text(LONG, reference=9)[1]
    submit = pdus.Submit(
        service_number="10086",
        destinations=("8613800138000", "8613800138001"),
        content=second.content,
        message_format=second.message_format,
        has_header=True,
        total=second.total,
        number=second.number,
        level=3,
        service="CVM",
        fee_user_type=2,
        fee_terminal="13800138000",
        message_source=SOURCE,
        fee_type="02",
        fee_code="000010",
        valid_until="261121120000032+",
    )
    answers: list[pdus.Pdu] = [
        pdus.SubmitResp(message_id=0xBAD5E00004D20007, result=8),
        pdus.ConnectResp(status=3, version=VERSION_20),
    ]
    frames = [codec.encode(pdu, 5, version=VERSION_20).hex() for pdu in (submit, *answers)]
    read, submit_answer, connect_answer = await run_client("read", *frames)
    texts = {name: value.rstrip("\0") for name, value in read.items() if isinstance(value, str)}
    assert texts["msg_content"] == second.content[6:].decode("utf-16-be")
    assert texts["msg_head"] == second.content[:6].decode("latin-1")
    expected = {"service_id": "CVM", "fee_terminal_id": "13800138000", "msg_src": SOURCE, "fee_type": "02"}
    expected |= {
        "fee_code": "000010",
        "valid_time": "261121120000032+",
        "at_time": "",
        "src_id": "10086",
        "reserve": "",
    }
    assert {name: texts[name] for name in expected} == expected
    assert read["dest_terminal_id"].replace("\0", " ").split() == ["8613800138000", "8613800138001"]
    numbers = {"pk_total": second.total, "pk_number": 2, "register_delivery": 1, "msg_level": 3, "fee_usertype": 2}
    numbers |= {
        "tp_pid": 0,
        "tp_udhi": 1,
        "msg_fmt": 8,
        "destusr_tl": 2,
        "msg_length": len(second.content),
        "seq_id": 5,
    }
    assert {name: read[name] for name in numbers} == numbers
    assert (submit_answer["msg_id"], submit_answer["status"]) == (0xBAD5E00004D20007, 8)
    assert (connect_answer["status"], connect_answer["version"]) == (3, VERSION_20)
