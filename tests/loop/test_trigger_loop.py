"""A text to 12520 and an extension, from the network to the campaign and its answer back to the handset: all services."""

from datetime import UTC, datetime
from typing import Any

from svc_channel.simulators.smsc.process import SmscProcess

from .campaigning import HELD_OUT, OUTSIDER, USER, launch, received, write
from .house import House, seen, until

# What issue 5 promises of 12520-style triggers; `tests/bench/triggers.py` measures what they take.
BOUND_SECONDS = 5.0
OFFER = "CRBT is for nothing this month"


async def launch_quiet(house: House, *triggers: dict[str, Any]) -> str:
    """The path of a running campaign whose contacts wait for triggers."""
    arms: list[dict[str, Any]] = [
        {"name": "young", "segment_id": await house.segment("young", "age < 40")},
        {"name": "holdout", "segment_id": await house.segment("old", "age >= 40"), "holdout": True},
    ]
    return await launch(house, arms, triggers=triggers)


async def test_a_text_to_12520_and_an_extension_is_answered_to_non_users_within_five_seconds(
    connected: House, smsc: SmscProcess
) -> None:
    """SEG-54: the recommendation goes at once to who wrote and does not use the service, and to nobody else."""
    portal = await connected.as_role("portal")
    order = {"msisdn": USER, "service": "CRBT", "amount": {"amount_fen": 500}, "source": {"touchpoint": "portal"}}
    placed = (await portal.post("/api/v1/orders", json=order)).json()
    assert (await portal.post(f"/api/v1/orders/{placed['id']}/confirm")).status_code == 200
    trigger = {"name": "uplink", "recipient": "12520*", "template": OFFER, "unless_services": ["CRBT"]}
    path = await launch_quiet(connected, trigger)
    assert received(smsc) == {}

    async def is_answered() -> bool:
        return bool(received(smsc))

    await write(smsc, OUTSIDER, USER, HELD_OUT, to="12520138", text="free texts?")
    await until(is_answered, seconds=BOUND_SECONDS)
    await write(smsc, OUTSIDER, USER, HELD_OUT, to="12520138", text="free texts?")

    async def is_settled() -> bool:
        """Everything written has been heard, and nobody waits for an answer."""
        heard = await connected.value("channel", "SELECT count(*) FROM inbound WHERE state = 'resolved'")
        waiting = await connected.value("campaign", "SELECT count(*) FROM answer WHERE batch IS NULL")
        return bool(heard == 6 and not waiting)

    await until(is_settled)
    # Who was answered is not taken up again, so no second answer is on its way either.
    assert await connected.value("campaign", "SELECT sum(contacts) FROM answer_batch") == 1
    assert received(smsc) == {OUTSIDER: [OFFER]}
    auditor = await connected.as_role("auditor")
    report = (await auditor.get(f"{path}/report")).json()
    arms = {arm["arm"]: arm for arm in report["arms"]}
    assert (arms["young"]["responded"], arms["holdout"]["responded"]) == (2, 1)
    assert (arms["young"]["contacted"], arms["holdout"]["contacted"]) == (1, 0)


async def test_who_opts_out_at_the_code_is_recommended_nothing(connected: House, smsc: SmscProcess) -> None:
    await launch_quiet(connected, {"name": "uplink", "recipient": "12520*", "template": OFFER})
    await write(smsc, OUTSIDER, to="12520138", text="TD")

    async def is_answered() -> bool:
        return OUTSIDER in received(smsc)

    await until(is_answered, seconds=BOUND_SECONDS)
    await write(smsc, USER, to="12520138", text="free texts?")

    async def other_is_answered() -> bool:
        return USER in received(smsc)

    await until(other_is_answered, seconds=BOUND_SECONDS)
    assert received(smsc)[USER] == [OFFER]
    assert len(received(smsc)[OUTSIDER]) == 1
    assert OFFER not in received(smsc)[OUTSIDER]


async def test_what_somebody_writes_shows_in_the_segments_within_seconds(connected: House, smsc: SmscProcess) -> None:
    """SEG-60: a text is an event of its subscriber; who opts out has done no more than that."""
    writers = await connected.segment("writers", "count_events('sms_uplink', 30, 'to' = '12520138') = 1")
    await write(smsc, OUTSIDER, to="12520138", text="free texts?")
    await write(smsc, USER, to="12520138", text="TD")
    portal = await connected.as_role("portal")

    async def shows() -> bool:
        return bool((await seen(portal, OUTSIDER))["segments"] == [writers])

    await until(shows)
    assert (await seen(portal, USER))["segments"] == []
    assert await connected.value("channel", "SELECT count(*) FROM consent WHERE state = 'withdrawn'") == 1
    assert await connected.value("segment", "SELECT count(*) FROM event WHERE type = 'sms_uplink'") == 1


async def test_entering_a_cell_sends_the_sms_of_that_cell(connected: House, smsc: SmscProcess) -> None:
    """CHN-15: told as an event by whoever sees it; the message carries its cell, whose rate svc-channel keeps."""
    trigger = {"name": "hall", "event": "cell_entered", "attributes": {"scene": "hall"}, "template": "The hall is near"}
    await launch_quiet(connected, trigger)
    portal = await connected.as_role("portal")
    entered = {
        "msisdn": OUTSIDER,
        "type": "cell_entered",
        "at": datetime.now(UTC).isoformat(),
        "attributes": {"cell": "440-1", "scene": "hall"},
    }
    elsewhere = {**entered, "msisdn": USER, "attributes": {"cell": "440-2", "scene": "station"}}
    answer = await portal.post("/api/v1/events", json=[entered, elsewhere])
    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)

    async def is_answered() -> bool:
        return bool(received(smsc))

    await until(is_answered, seconds=BOUND_SECONDS)
    assert received(smsc) == {OUTSIDER: ["The hall is near"]}
    assert await connected.value("channel", "SELECT string_agg(cell, ' ') FROM message") == "440-1"


async def test_votes_and_ticket_grabs_for_a_radio_station_are_events_with_the_stations_name(
    connected: House, smsc: SmscProcess
) -> None:
    """CHN-42: words written to the station's code are data; rules count the votes, a campaign takes the ticket grabs."""
    province, station = await connected.as_role("province_admin"), "10629930"
    for word, name in (("A", "radio-fm993-vote-a"), ("B", "radio-fm993-vote-b"), ("抢票", "radio-fm993-ticket")):
        keyword = {"name": name, "word": word, "recipient": station}
        assert (await province.post("/api/v1/keywords", json=keyword)).status_code == 201
    voters = await connected.segment("a", "count_events('sms_uplink', 30, 'keyword' = 'radio-fm993-vote-a') >= 1")
    tickets = {"name": "tickets", "keyword": "radio-fm993-ticket", "template": "FM99.3 plays this song for you"}
    path = await launch_quiet(connected, tickets)
    await write(smsc, OUTSIDER, to=station, text="a")
    await write(smsc, USER, to=station, text="B")
    await write(smsc, HELD_OUT, to="10629931", text="A")
    await write(smsc, USER, to=station, text="抢票")
    portal, auditor = await connected.as_role("portal"), await connected.as_role("auditor")

    async def is_counted() -> bool:
        report = (await auditor.get(f"{path}/report")).json()
        events = await connected.value("segment", "SELECT count(*) FROM event WHERE type = 'sms_uplink'")
        told = events == 4 and any(arm["responded"] for arm in report["arms"]) and USER in received(smsc)
        return bool(told and voters in (await seen(portal, OUTSIDER))["segments"])

    await until(is_counted)
    report = (await auditor.get(f"{path}/report")).json()
    assert {arm["arm"]: arm["responded"] for arm in report["arms"]} == {"young": 1, "holdout": 0}
    assert voters not in (await seen(portal, USER))["segments"]
    # What is written to another number is no vote.
    assert voters not in (await seen(portal, HELD_OUT))["segments"]
    assert received(smsc) == {USER: ["FM99.3 plays this song for you"]}
