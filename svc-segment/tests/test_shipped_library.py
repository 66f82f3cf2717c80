"""The shipped match library, loaded where subscribers have some of its attributes, and where they have them all."""

import pytest

from carillon.segment.v1 import match_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import PermissionRefused
from carillon_chassis.identity import acting_as
from svc_segment.store.reference import shipped_library

from .match_desk import ADMIN, AGENT, MatchDesk
from .segmentation import csv_file, new_request_id, number_of

FEW = {"brand": "text", "branch": "text", "has_crbt": "boolean"}
NUMBERS = (
    *("fetion_client_days", "gprs_mb", "crbt_downloads", "arpu", "fetion_score", "games_score"),
    *("crbt_score", "mms_score", "mobile_mail_score", "newspaper_score"),
)
TEXTS = ("brand", "branch", "music_member", "im_client", "music_genre", "crm_group")
FLAGS = (
    *("fetion_registered", "fetion_deregistered", "university", "p2p_sms"),
    *("has_crbt", "has_mms", "has_newspaper", "has_lets_play", "has_gprs", "has_mobile_mail"),
    *("supports_fetion_client", "supports_mms", "supports_kjava", "supports_gprs"),
    *("supports_music_walkman", "supports_full_track"),
)
ALL = dict.fromkeys(NUMBERS, "number") | dict.fromkeys(TEXTS, "text") | dict.fromkeys(FLAGS, "boolean")


async def load(desk: MatchDesk) -> match_pb2.LoadMatchLibraryResponse:
    request = match_pb2.LoadMatchLibraryRequest(request_id=new_request_id())
    return await invoke(desk.matches.LoadMatchLibrary, request)


async def know(desk: MatchDesk, attributes: dict[str, str]) -> None:
    values = {"number": 1, "text": "GOTONE", "boolean": False}
    row = [number_of(1), *(values[kind] for kind in attributes.values())]
    assert (await desk.segmentation.load(csv_file(["msisdn", *attributes], row), attributes)).accepted == 1


async def test_what_the_attributes_can_not_say_is_left_out_and_comes_with_them(desk: MatchDesk) -> None:
    """SEG-17 to SEG-23: a library to start from, which changes nothing that stands."""
    shipped = shipped_library()
    await know(desk, FEW)
    with acting_as(ADMIN):
        await desk.put("WEATHER", owned_when="has_crbt")
        first = await load(desk)
        assert (first.services, first.rules) == (2, 3)
        assert "games_score" not in first.left_out["R6"]
        assert first.left_out["R6"] == "LETS_PLAY is left out"
        assert "fetion_registered" in first.left_out["FETION"]
        await know(desk, ALL)
        second, third = await load(desk), await load(desk)
        library = await invoke(desk.matches.GetMatchLibrary, match_pb2.GetMatchLibraryRequest())
    assert second.services == len(shipped.services) - 3
    assert second.rules == len(shipped.rules) - 3
    assert not second.left_out
    assert (third.services, third.rules) == (0, 0)
    assert {one.code for one in library.rules} == set(shipped.rules)
    # What the operator had said of a service stays said.
    assert {one.code: one.owned_when for one in library.services}["WEATHER"] == "has_crbt"


async def test_who_may_not_change_the_library_may_not_load_it(desk: MatchDesk) -> None:
    with acting_as(AGENT), pytest.raises(PermissionRefused):
        await load(desk)
