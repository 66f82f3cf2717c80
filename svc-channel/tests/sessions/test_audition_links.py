"""Links that have a tone played to one phone: signed, over in time, one call a window, and nobody else's phone."""

import base64
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from carillon.channel.v1 import hotline_pb2, hotline_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, LimitExceeded, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import NOBODY, Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.app.tap_audition import tap_audition
from svc_channel.domain.audition_link import CALLS_A_WINDOW, WINDOW, AuditionLink, read_link, sign_link
from svc_channel.main import build
from svc_channel.settings import Settings

from .desk import Desk
from .suite import STRANGER

SECRET = b"a secret that only a test would use"
PORTAL = Identity(subject="portal-1", roles=frozenset({"portal"}))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LINK = AuditionLink(subscriber_id=7, tone="600902000000", expires_at=NOON + timedelta(hours=1))


@pytest.fixture
async def linking(desk: Desk, settings: Settings, serving: Serving) -> AsyncIterator[Desk]:
    """The service with an out-call system and a secret to sign with."""
    told = {"out_call_url": "http://127.0.0.1:1", "audition_secret": SecretStr(SECRET.decode())}
    service = build(settings.model_copy(update=told))
    async with serving(service, with_workers=False) as channel:
        yield Desk(channel=channel, suite=desk.suite, database=desk.database)
    await service.database.close()


def hotline(desk: Desk) -> hotline_pb2_grpc.HotlineServiceStub:
    """The service's hotline."""
    return hotline_pb2_grpc.HotlineServiceStub(desk.channel)


async def made(desk: Desk, msisdn: str = "+8613800000007", *, tone: str = "600902000000", by: Identity = PORTAL) -> str:
    """A token for an hour."""
    request = hotline_pb2.MakeAuditionLinkRequest(msisdn=msisdn, tone=tone, valid_seconds=3600)
    with acting_as(by):
        return (await invoke(hotline(desk).MakeAuditionLink, request)).token


async def tap(desk: Desk, token: str) -> str:
    """Somebody without any token of a client taps it."""
    with acting_as(NOBODY):
        return (await invoke(hotline(desk).TapAuditionLink, hotline_pb2.TapAuditionLinkRequest(token=token))).tone


async def called(desk: Desk) -> list[tuple[str, str]]:
    """Who is to be called, and with which tone."""
    async with desk.database.read() as unit:
        rows = await unit.driver.fetch("SELECT msisdn, tone FROM out_call ORDER BY tone")
    return [tuple(row) for row in rows]


async def test_who_taps_a_link_is_called_once_however_often_it_is_tapped(linking: Desk) -> None:
    """CHN-07, CHN-08: no token of a portal stands between a page and the call."""
    token = await made(linking)
    assert "13800000007" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("latin-1")
    assert [await tap(linking, token) for _ in range(3)] == ["600902000000"] * 3
    assert await called(linking) == [("+8613800000007", "600902000000")]
    assert await tap(linking, await made(linking)) == "600902000000"
    assert len(await called(linking)) == 1


async def test_no_phone_rings_more_often_than_a_few_times_whatever_links_there_are(linking: Desk) -> None:
    for number in range(CALLS_A_WINDOW):
        await tap(linking, await made(linking, tone=f"60090{number}"))
    with pytest.raises(LimitExceeded) as refused:
        await tap(linking, await made(linking, tone="609999"))
    assert (refused.value.reason, len(await called(linking))) == ("TAPPED_TOO_OFTEN", CALLS_A_WINDOW)
    assert await tap(linking, await made(linking, "+8613800000008")) == "600902000000"


async def test_after_the_window_a_tap_is_a_call_again(linking: Desk) -> None:
    for later in (timedelta(0), WINDOW / 2, WINDOW, WINDOW * 3):
        async with linking.database.unit_of_work() as unit:
            await tap_audition(unit, LINK, msisdn="+8613800000007", call_id=uuid.uuid4(), now=NOON + later)
    assert len(await called(linking)) == 3


async def test_a_link_for_a_number_that_changed_hands_calls_nobody(linking: Desk) -> None:
    token = await made(linking)
    linking.suite.numberless = {7}
    with pytest.raises(StateRefused) as refused:
        await tap(linking, token)
    assert (refused.value.reason, await called(linking)) == ("LINK_EXPIRED", [])


async def test_links_are_made_for_known_numbers_by_who_recommends(linking: Desk) -> None:
    with pytest.raises(NotFound):
        await made(linking, STRANGER)
    with pytest.raises(PermissionRefused):
        await made(linking, by=Identity(subject="p", roles=frozenset({"partner"})))


async def test_without_a_secret_there_are_no_links(desk: Desk) -> None:
    with pytest.raises(StateRefused) as refused:
        await made(desk)
    assert refused.value.reason == "AUDITION_LINKS_ABSENT"
    with pytest.raises(StateRefused):
        await tap(desk, sign_link(LINK, SECRET))


def test_a_short_secret_is_refused_at_start(settings: Settings) -> None:
    with pytest.raises(ValidationError):
        Settings(**(settings.model_dump() | {"audition_secret": "short"}))


def test_a_link_is_read_as_it_was_signed_until_it_is_over() -> None:
    token = sign_link(LINK, SECRET)
    assert read_link(token, SECRET, now=NOON) == LINK
    with pytest.raises(StateRefused) as over:
        read_link(token, SECRET, now=LINK.expires_at)
    assert over.value.reason == "LINK_EXPIRED"
    with pytest.raises(NotFound):
        read_link(token, SECRET + b"x", now=NOON)
    with pytest.raises(InvalidInput):
        AuditionLink(subscriber_id=1, tone="no tone", expires_at=NOON)


def test_every_change_of_a_token_is_an_unknown_link() -> None:
    token = sign_link(LINK, SECRET)
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(NotFound):
            read_link(token[:place] + other + token[place + 1 :], SECRET, now=NOON)
    for astray in (token + "A", token[:-1], token + "=", "", "!", "ö" * 40):
        with pytest.raises(NotFound):
            read_link(astray, SECRET, now=NOON)


@given(st.text(max_size=100))
def test_any_text_that_is_no_token_is_an_unknown_link(text: str) -> None:
    with pytest.raises(NotFound):
        read_link(text, SECRET, now=NOON)
