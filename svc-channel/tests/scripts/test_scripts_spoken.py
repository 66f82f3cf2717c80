"""Scripts over gRPC and PostgreSQL: what is said to one customer, and the library that the province keeps."""

import pytest

from carillon.channel.v1 import script_pb2
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused, Unavailable
from carillon_chassis.identity import Identity

from .prompter import ADMIN, AGENT, APPROVER, Prompter


async def test_an_inbound_consultation_recommends_the_matched_services_with_their_prices(prompter: Prompter) -> None:
    """CHN-03, CHN-04, CHN-17: one to three, the advantage channel's first, each with why, prices and script."""
    prompter.peers.match(("CRBT", ["SMS"]), ("FETION", ["HALL", "INBOUND_10096"]), ("GONE", ["INBOUND_10096"]))
    said = await prompter.speak("inbound_10096", "consultation")
    assert (said.touchpoint, said.script.code, said.script.text) == ("INBOUND_10096", "consultation-zh", "")
    # A service that the catalogue does not sell is not recommended.
    assert [(offer.service, offer.place, offer.advantage) for offer in said.offers] == [
        ("FETION", 2, True),
        ("CRBT", 1, False),
    ]
    crbt = said.offers[1]
    assert (crbt.rule, crbt.layer, crbt.principle, list(crbt.channels)) == ("R1", 1, "飞信增量模型", ["SMS"])
    assert (crbt.premium_fen, crbt.ordinary_fen, crbt.non_member_fen) == (300, 400, 550)
    assert "彩铃" in crbt.text
    assert "高级会员3元,普通会员4元,非会员5.50元" in crbt.text
    assert not said.offers[0].HasField("premium_fen")
    # svc-segment is asked by whoever asks: nobody learns more here than there.
    assert set(prompter.peers.asked_by) == {"agent-1"}


async def test_a_script_is_said_in_the_language_asked_for(prompter: Prompter) -> None:
    prompter.peers.match(("CRBT", []))
    said = await prompter.speak("KTV", "consultation", language="en")
    assert said.offers[0].text.startswith("From how you use your phone, Ring-back tone may suit you.")


@pytest.mark.parametrize("hotline", ["1860", "HOTLINE_1258", "INBOUND_10096"])
@pytest.mark.parametrize(
    ("spent_fen", "script"),
    [(2500, "bill-heavy-zh"), (2000, "bill-heavy-zh"), (1999, "bill-medium-zh"), (500, "bill-medium-zh"), (499, "")],
)
async def test_on_a_bill_query_medium_and_heavy_users_of_new_services_are_recommended_something(
    prompter: Prompter, hotline: str, spent_fen: int, script: str
) -> None:
    """CHN-18: one script for both hotlines; who it is for is data, and is shown."""
    prompter.peers.match(("CRBT", []))
    prompter.peers.know(new_business_fen=spent_fen)
    said = await prompter.speak(hotline, "bill_query")
    assert said.script.code == script
    assert said.HasField("script") == bool(script)
    assert [offer.service for offer in said.offers] == (["CRBT"] if script else [])
    assert [(one.name, one.value) for one in said.shown] == [("new_business_fen", str(spent_fen))]


async def test_of_whom_nothing_is_known_nothing_is_said_on_a_bill_query(prompter: Prompter) -> None:
    prompter.peers.stranger = True
    said = await prompter.speak("1860", "bill_query")
    assert not said.HasField("script")
    assert not said.shown[0].HasField("value")


async def test_the_front_desk_sees_the_use_of_mms_and_the_rest_get_a_leaflet(prompter: Prompter) -> None:
    """CHN-38: targets get a focused recommendation, young customers a detailed one, the rest a leaflet."""
    prompter.peers.match(("CRBT", ["HALL"]))

    async def said(**attributes: float | bool) -> tuple[str, int, dict[str, str]]:
        prompter.peers.know(**attributes)
        answer = await prompter.speak("FRONT_DESK", "service_handling")
        return answer.script.code, len(answer.offers), {one.name: one.value for one in answer.shown}

    assert await said(mms_sent=2, has_mms=False, supports_mms=True, age=50) == (
        "desk-target-zh",
        1,
        {"mms_sent": "2", "has_mms": "false", "supports_mms": "true"},
    )
    code, offers, shown = await said(mms_sent=40, has_mms=True, supports_mms=True, age=19)
    assert (code, offers, shown["mms_sent"]) == ("desk-young-zh", 1, "40")
    code, offers, shown = await said(mms_sent=40, has_mms=True, supports_mms=True, age=50)
    assert (code, offers, shown) == ("desk-leaflet-zh", 0, {"mms_sent": "40", "has_mms": "true"})


async def test_what_speaks_of_no_service_needs_no_customer_and_the_rest_says_whom_it_lacks(prompter: Prompter) -> None:
    said = await prompter.speak("1860", "voice_prompt", subscriber_id=0)
    assert said.script.text == "了解适合您的新业务，请按2。"  # noqa: RUF001 -- Chinese punctuation in a Chinese sentence
    with pytest.raises(InvalidInput) as refusal:
        await prompter.speak("1860", "consultation", subscriber_id=0)
    assert (refusal.value.reason, refusal.value.field) == ("SUBSCRIBER_MISSING", "msisdn")


async def test_before_the_first_match_a_script_has_nothing_to_recommend(prompter: Prompter) -> None:
    prompter.peers.unmatched = True
    said = await prompter.speak("HALL", "one_minute")
    assert (said.script.code, list(said.offers)) == ("one-minute-zh", [])


async def test_a_peer_that_is_away_is_told_and_nothing_is_made_up(prompter: Prompter) -> None:
    prompter.peers.away = True
    with pytest.raises(Unavailable):
        await prompter.speak("HALL", "consultation")


@pytest.mark.parametrize(
    ("touchpoint", "situation", "reason"),
    [("KIOSK", "consultation", "TOUCHPOINT_UNKNOWN"), ("KTV", "bill_query", "SCRIPT_UNKNOWN")],
)
async def test_a_question_that_no_script_answers_is_refused(
    prompter: Prompter, touchpoint: str, situation: str, reason: str
) -> None:
    with pytest.raises(NotFound) as refusal:
        await prompter.speak(touchpoint, situation)
    assert refusal.value.reason == reason


async def test_strangers_to_the_front_line_are_told_nothing(prompter: Prompter) -> None:
    partner = Identity(subject="partner-1", roles=frozenset({"partner"}))
    with pytest.raises(PermissionRefused):
        await prompter.speak("KTV", "consultation", partner)
    with pytest.raises(PermissionRefused):
        await prompter.library(AGENT)
    with pytest.raises(PermissionRefused):
        await prompter.put(APPROVER, code="consultation-zh")


async def test_a_text_that_two_people_saw_takes_the_place_of_a_shipped_one(prompter: Prompter) -> None:
    prompter.peers.match(("CRBT", []))
    await prompter.approve("script-consultation-zh", "试试{service:text}!")
    said = await prompter.speak("HALL", "consultation")
    assert said.offers[0].text == "试试彩铃!"
    library = await prompter.library(situation="consultation")
    assert (library["consultation-zh"].text, library["consultation-zh"].version) == ("试试{service:text}!", 0)


async def test_a_text_that_cannot_be_filled_at_a_touch_point_is_refused_where_it_is_spoken(prompter: Prompter) -> None:
    await prompter.approve("script-consultation-zh", "{customer_name:text}, hello")
    with pytest.raises(InvalidInput) as refusal:
        await prompter.speak("HALL", "consultation")
    assert refusal.value.reason == "SCRIPT_UNFILLED"


async def test_a_word_that_is_forbidden_since_is_not_said(prompter: Prompter) -> None:
    prompter.peers.match(("CRBT", []))
    await prompter.forbid("详细介绍")
    with pytest.raises(InvalidInput) as refusal:
        await prompter.speak("HALL", "consultation")
    assert refusal.value.reason == "FORBIDDEN_WORD"


async def test_a_script_of_the_provinces_needs_an_approved_text_and_is_spoken_from_then_on(prompter: Prompter) -> None:
    """CHN-37: what a song system shows is a script like any other."""
    with pytest.raises(StateRefused) as refusal:
        await prompter.put()
    assert refusal.value.reason == "SCRIPT_TEXT_MISSING"
    await prompter.approve("script-ktv-zh", "这首歌可以做成{service:text}")
    put = await prompter.put(audience=[script_pb2.ScriptCondition(segment="s-1")], shows=["age"])
    assert (put.version, list(put.touchpoints), put.text) == (1, ["KTV"], "这首歌可以做成{service:text}")
    prompter.peers.match(("CRBT", ["KTV"]))
    assert not (await prompter.speak("KTV", "song_order")).HasField("script")
    prompter.peers.segments = ["s-1"]
    said = await prompter.speak("KTV", "song_order")
    assert [(offer.text, offer.advantage) for offer in said.offers] == [("这首歌可以做成彩铃", True)]
    assert (await prompter.put(retired=True)).version == 2
    with pytest.raises(NotFound):
        await prompter.speak("KTV", "song_order")


async def test_whom_a_shipped_script_is_for_is_changed_as_data(prompter: Prompter) -> None:
    """CHN-18: the thresholds of medium and heavy are the operator's."""
    prompter.peers.know(new_business_fen=100)
    wider = [script_pb2.ScriptCondition(attribute="new_business_fen", at_least=50)]
    await prompter.put(
        code="bill-medium-zh", situation="bill_query", touchpoints=["1860"], audience=wider, shows=["new_business_fen"]
    )
    assert (await prompter.speak("1860", "bill_query")).script.code == "bill-medium-zh"
    library = await prompter.library(touchpoint="1258", situation="bill_query")
    assert set(library) == {"bill-heavy-zh", "bill-heavy-en", "bill-medium-en"}


async def test_a_script_for_a_touch_point_that_is_none_is_refused(prompter: Prompter) -> None:
    with pytest.raises(NotFound) as refusal:
        await prompter.put(code="consultation-zh", touchpoints=["KIOSK"])
    assert (refusal.value.reason, refusal.value.field) == ("TOUCHPOINT_UNKNOWN", "touchpoints")
    with pytest.raises(InvalidInput) as invalid:
        await prompter.put(ADMIN, code="consultation-zh", audience=[script_pb2.ScriptCondition(attribute="age")])
    assert invalid.value.reason == "SCRIPT_INVALID"
