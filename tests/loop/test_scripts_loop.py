"""What to say to a customer, through HTTP with all five services as they are: attributes, match, prices, script."""

from .house import House, until

NUMBERS = {"heavy": "+8613800000001", "light": "+8613800000002"}
ROWS = (
    "msisdn,brand,new_business_fen,mms_sent,supports_mms,age",
    f"{NUMBERS['heavy']},MZONE,2500,1,true,40",
    f"{NUMBERS['light']},GOTONE,100,90,true,40",
)
DICTIONARY = """{
    "brand": {"type": "text", "unit": "", "description": "Brand"},
    "new_business_fen": {"type": "integer", "unit": "fen", "description": "Spent on new services last month"},
    "mms_sent": {"type": "integer", "unit": "", "description": "Multimedia messages sent last month"},
    "supports_mms": {"type": "boolean", "unit": "", "description": "The handset supports them"},
    "age": {"type": "integer", "unit": "years", "description": "Age"}
}"""
RULES = (
    {"code": "B5", "service": "CRBT", "layer": 4, "extract": "true", "priority": 1, "channels": ["SMS"]},
    {
        "code": "R1",
        "service": "FETION",
        "layer": 4,
        "extract": "true",
        "priority": 2,
        "channels": ["HALL", "INBOUND_10096"],
    },
)


async def test_an_agent_and_a_hall_say_what_fits_the_customer(house: House) -> None:
    """CHN-03, CHN-04, CHN-17, CHN-18, CHN-38."""
    province, agent = await house.as_role("province_admin"), await house.as_role("agent")
    await house.load(ROWS, dictionary=DICTIONARY)
    for service in ("CRBT", "FETION"):
        assert (await province.put(f"/api/v1/match-services/{service}", json={})).status_code == 200
    for rule in (await province.get("/api/v1/match-rules")).json()["rules"]:
        assert (await province.post(f"/api/v1/match-rules/{rule['code']}/end")).status_code == 204
    for rule in RULES:
        assert (await province.post("/api/v1/match-rules", json=rule)).status_code == 201
    match = (await province.post("/api/v1/matches", json={})).json()

    async def is_done() -> bool:
        state = (await province.get(f"/api/v1/matches/{match['id']}")).json()
        assert state["state"] != "failed", state
        return bool(state["state"] == "done")

    await until(is_done)

    async def said(whom: str, touchpoint: str, situation: str) -> tuple[str | None, list[str], dict[str, str | None]]:
        asked = {"touchpoint": touchpoint, "situation": situation, "msisdn": NUMBERS[whom]}
        answer = await agent.get("/api/v1/scripts", params=asked)
        assert answer.status_code == 200, answer.text
        speech = answer.json()
        code = speech["script"] and speech["script"]["code"]
        return code, [offer["service"] for offer in speech["offers"]], speech["shown"]

    # Fetion's rule has 10096 as its advantage channel, so it goes first there and second elsewhere.
    assert await said("heavy", "INBOUND_10096", "consultation") == ("consultation-zh", ["FETION", "CRBT"], {})
    assert await said("heavy", "SMS", "consultation") == ("consultation-zh", ["CRBT", "FETION"], {})
    # The bill is a reason to recommend something to whoever uses new services much, and to nobody else.
    code, offers, shown = await said("heavy", "1860", "bill_query")
    assert (code, len(offers), shown) == ("bill-heavy-zh", 2, {"new_business_fen": "2500"})
    assert await said("light", "1258", "bill_query") == (None, [], {"new_business_fen": "100"})
    # The front desk sees how they use multimedia messages.
    code, offers, shown = await said("heavy", "FRONT_DESK", "service_handling")
    assert (code, len(offers), shown["mms_sent"], shown["supports_mms"]) == ("desk-target-zh", 2, "1", "true")
    code, offers, shown = await said("light", "FRONT_DESK", "service_handling")
    assert (code, offers, shown) == ("desk-leaflet-zh", [], {"mms_sent": "90", "has_mms": None})

    # A service taken up since is recommended no more.
    body = {"msisdn": NUMBERS["heavy"], "service": "FETION", "source": {"touchpoint": "INBOUND_10096"}}
    order = (await agent.post("/api/v1/orders", json=body)).json()
    assert (await agent.post(f"/api/v1/orders/{order['id']}/confirm")).status_code == 200

    async def is_taken_up() -> bool:
        return await said("heavy", "INBOUND_10096", "consultation") == ("consultation-zh", ["CRBT"], {})

    await until(is_taken_up)


async def test_the_hotlines_play_the_prompt_for_new_services_on_the_first_screen(house: House) -> None:
    """CHN-18: moderately early, whoever calls."""
    gateway = await house.as_role("portal")
    for code in ("1860", "1258"):
        body = {"msisdn": NUMBERS["heavy"], "session": code, "op": "begin", "code": code}
        answer = await gateway.post("/api/v1/channel/hotline", json=body)
        assert answer.status_code == 200, answer.text
        screen = answer.json()["text"]
        assert "了解适合您的新业务" in screen
        assert screen.index("新业务推荐") < screen.index("优惠活动")
