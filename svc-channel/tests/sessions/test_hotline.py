"""The hotline over real gRPC, PostgreSQL and an out-call simulator of its own process: directories, calls, SMS after."""

import asyncio
import contextlib
import json
import sys
import uuid
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from carillon.channel.v1 import hotline_pb2, hotline_pb2_grpc, session_pb2
from carillon_chassis.client import invoke
from carillon_chassis.clock import FixedClock, SystemClock
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.adapters.out_call_desk import OutCallDesk
from svc_channel.domain.hotline import HOTLINE, RETRY_PAUSES, TONES_LIMIT, Directory, Tone
from svc_channel.main import build
from svc_channel.settings import Settings
from svc_channel.worker.hotline import OutCaller

from .desk import ADMIN, Desk
from .suite import STRANGER

PORTAL = Identity(subject="portal-1", roles=frozenset({"portal"}))
FOSHAN = Identity(subject="b-1", roles=frozenset({"branch_operator"}), branch="foshan")


@contextlib.asynccontextmanager
async def switch(folder: Path, *faults: str) -> AsyncIterator[str]:
    """A running out-call simulator; its URL."""
    options = [part for fault in faults for part in ("--fault", fault)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "svc_channel.simulators.outcall", "--port", "0", "--journal", str(folder / "calls.journal")),
        *options,
        stdout=PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = (await process.stdout.readline()).decode()
        yield f"http://{line.split()[-1]}"
    finally:
        process.terminate()
        await process.wait()


def hotline(desk: Desk) -> hotline_pb2_grpc.HotlineServiceStub:
    """The service's hotline."""
    return hotline_pb2_grpc.HotlineServiceStub(desk.channel)


async def audition(desk: Desk, msisdn: str, *, key: str = "") -> hotline_pb2.Audition:
    """Somebody asks to hear a tone."""
    request = hotline_pb2.RequestAuditionRequest(request_id=key or str(uuid.uuid4()), msisdn=msisdn, tone="600902000")
    with acting_as(PORTAL):
        return (await invoke(hotline(desk).RequestAudition, request)).audition


async def state(desk: Desk, call_id: str) -> tuple[str, str]:
    """How far a call is, and why not further."""
    found = (await invoke(hotline(desk).GetAudition, hotline_pb2.GetAuditionRequest(id=call_id))).audition
    return found.state, found.reason


async def taken(url: str) -> list[dict[str, Any]]:
    """The calls that the simulator took."""
    async with httpx.AsyncClient(trust_env=False) as client:
        calls: list[dict[str, Any]] = (await client.get(f"{url}/calls")).json()["calls"]
        return calls


async def step(desk: Desk, url: str, *, later: timedelta = timedelta(0)) -> None:
    """The worker that places calls works once."""
    calls = OutCallDesk(url)
    clock = FixedClock(SystemClock().now() + later)
    await OutCaller(database=desk.database, calls=calls, clock=clock).step()
    await calls.close()


@pytest.fixture
async def calling_desk(desk: Desk, settings: Settings, serving: Serving) -> AsyncIterator[Desk]:
    """The service with an out-call system set up; a test works its worker by hand."""
    service = build(settings.model_copy(update={"out_call_url": "http://127.0.0.1:1"}))
    async with serving(service, with_workers=False) as channel:
        yield Desk(channel=channel, suite=desk.suite, database=desk.database)
    await service.database.close()


async def test_a_branch_has_its_own_directory_beside_the_provinces(desk: Desk) -> None:
    """CHN-11, CHN-41."""

    def directory(branch: str, *codes: str) -> hotline_pb2.PutDirectoryRequest:
        tones = [hotline_pb2.DirectoryTone(short_code=code, tone=f"60090{code}", title=f"歌曲{code}") for code in codes]
        return hotline_pb2.PutDirectoryRequest(
            request_id=str(uuid.uuid4()), directory=hotline_pb2.Directory(branch=branch, tones=tones)
        )

    with acting_as(ADMIN):
        await invoke(hotline(desk).PutDirectory, directory("", "1", "2"))
    with acting_as(FOSHAN):
        await invoke(hotline(desk).PutDirectory, directory("foshan", "9"))
        await invoke(hotline(desk).PutDirectory, directory("foshan", "8", "3"))
        with pytest.raises(PermissionRefused):
            await invoke(hotline(desk).PutDirectory, directory("", "1"))
        with pytest.raises(InvalidInput):
            await invoke(hotline(desk).PutDirectory, directory("foshan", "1", "1"))
    listed = await invoke(hotline(desk).ListDirectories, hotline_pb2.ListDirectoriesRequest(branch="foshan"))
    assert [(one.branch, [tone.short_code for tone in one.tones]) for one in listed.directories] == [
        ("", ["1", "2"]),
        ("foshan", ["8", "3"]),
    ]
    other = await invoke(hotline(desk).ListDirectories, hotline_pb2.ListDirectoriesRequest())
    assert [one.branch for one in other.directories] == [""]


def test_a_directory_holds_ten_tones_each_code_once() -> None:
    tone = Tone(short_code="1", tone="600902", title="歌")
    with pytest.raises(InvalidInput):
        Directory(branch="", tones=(tone, tone))
    many = tuple(Tone(short_code=str(number), tone="600902", title="歌") for number in range(TONES_LIMIT + 1))
    with pytest.raises(InvalidInput):
        Directory(branch="", tones=many)
    for wrong in ({"short_code": "a"}, {"tone": "!"}, {"title": " "}):
        with pytest.raises(InvalidInput):
            Tone(**{"short_code": "1", "tone": "600902", "title": "歌", **wrong})


async def test_who_taps_audition_is_called_once_with_the_tone(calling_desk: Desk, tmp_path: Path) -> None:
    """CHN-08."""
    first = await audition(calling_desk, "+8613800000007", key="tap")
    again = await audition(calling_desk, "+8613800000007", key="tap")
    assert (first.id, first.state) == (again.id, "pending")
    async with switch(tmp_path) as url:
        await step(calling_desk, url)
        await step(calling_desk, url)
        [call] = await taken(url)
    assert call == {"id": first.id, "msisdn": "+8613800000007", "number": HOTLINE, "tone": "600902000"}
    assert await state(calling_desk, first.id) == ("placed", "")


async def test_refused_busy_and_lost_calls_end_as_they_should(calling_desk: Desk, tmp_path: Path) -> None:
    barred = await audition(calling_desk, "+8613800000001")
    busy = await audition(calling_desk, "+8613800000002")
    lost = await audition(calling_desk, "+8613800000003")
    async with switch(tmp_path, "01=refuse", "02=busy", "03=lost") as url:
        await step(calling_desk, url)
        assert await state(calling_desk, barred.id) == ("refused", "NUMBER_BARRED")
        assert await state(calling_desk, busy.id) == await state(calling_desk, lost.id) == ("pending", "")
        await step(calling_desk, url, later=RETRY_PAUSES[0] * 2)
        assert await state(calling_desk, busy.id) == await state(calling_desk, lost.id) == ("placed", "")
        assert sorted(call["id"] for call in await taken(url)) == sorted([busy.id, lost.id])


async def test_a_call_that_nobody_takes_is_given_up_at_last(calling_desk: Desk) -> None:
    asked = await audition(calling_desk, "+8613800000007")
    later = timedelta(0)
    for pause in (*RETRY_PAUSES, timedelta(0)):
        assert await state(calling_desk, asked.id) == ("pending", "")
        await step(calling_desk, "http://127.0.0.1:1", later=later)
        later += pause + timedelta(seconds=1)
    assert await state(calling_desk, asked.id) == ("refused", "OUT_CALL_AWAY")


async def test_without_an_out_call_system_an_audition_is_refused(desk: Desk) -> None:
    with pytest.raises(StateRefused) as refused:
        await audition(desk, "+8613800000007")
    assert refused.value.reason == "OUT_CALL_ABSENT"
    with pytest.raises(NotFound):
        await state(desk, str(uuid.uuid4()))


async def test_who_hangs_up_is_sent_one_sms_and_a_stranger_none(
    desk: Desk, settings: Settings, serving: Serving
) -> None:
    """CHN-10: a recommendation after the call, as a reply."""
    for msisdn in ("+8613800000007", STRANGER):
        call: dict[str, Any] = {"channel": "hotline", "msisdn": msisdn, "session": "call-1"}
        heard = await desk.turn(kind=session_pb2.TURN_KIND_BEGIN, code=HOTLINE, **call)
        assert "免通信费" in heard.text
        for key in ("hang-up", "hang-up", "hang-up-again"):
            await desk.turn(kind=session_pb2.TURN_KIND_ABORT, request_id=key, **call)
    service = build(settings)

    async def sent() -> list[tuple[int, str, str]]:
        async with desk.database.read() as unit:
            query = "SELECT subscriber_id, m.class::text, b.sender FROM message m JOIN batch b ON b.number = m.batch"
            return [tuple(row) for row in await unit.driver.fetch(query)]

    async with serving(service):
        async with asyncio.timeout(30):
            while not await sent():
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
    await service.database.close()
    assert await sent() == [(7, "reply", HOTLINE)]


async def test_an_ivr_menu_has_no_more_choices_a_page_than_keys(desk: Desk) -> None:
    heard = await desk.turn(kind=session_pb2.TURN_KIND_BEGIN, channel="ivr", session="call-2")
    assert heard.text.startswith("欢迎致电12530019")
    assert json.dumps(heard.text, ensure_ascii=False).count("\\n") <= 10
