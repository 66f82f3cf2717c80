"""Robots, hand-overs and the knowledge base through HTTP over real gRPC; svc-channel is stood in for."""

import asyncio

from carillon_gateway.testing.harness import Gateway
from carillon_gateway.testing.talk import REFUSED

ROBOT = {
    "city": "guangzhou",
    "supplier": "test-partner",
    "activities": [{"code": "1001", "kind": "sale", "target": "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e42"}],
}
ENTRY = {"audience": "staff", "question": "酬金多少", "variants": [], "answer": "每单2元"}


async def test_a_robot_is_made_and_answers_who_writes_to_it(gateway: Gateway) -> None:
    """CHN-27."""
    province, partner = await gateway.signed_in("province_admin"), await gateway.signed_in("partner")
    said = {"from": "13800138000", "text": "你好"}
    assert (await partner.post("/api/v1/robots/gz-1/messages", json=said)).status_code == 404
    made = await province.put("/api/v1/robots/gz-1", json=ROBOT)
    assert (made.status_code, made.json()["id"], made.json()["enabled"]) == (200, "gz-1", True)
    reply = await partner.post("/api/v1/robots/gz-1/messages", json=said)
    assert reply.json()["text"] == "+8613800138000: 你好"
    assert (reply.json()["kind"], reply.status_code) == ("handover", 200)
    named = await partner.post("/api/v1/robots/gz-1/messages", json=said | {"from": "fetion-5521"})
    assert named.json()["text"] == "fetion-5521: 你好"
    for wrong in ({"from": ""}, {"text": "x" * 501}, {"to": "me"}):
        assert (await partner.post("/api/v1/robots/gz-1/messages", json=said | wrong)).status_code == 422
    assert (await partner.put("/api/v1/robots/gz-2", json=ROBOT)).status_code == 403


async def test_messages_that_come_at_once_each_have_their_own_answer(gateway: Gateway) -> None:
    """CHN-20."""
    province, partner = await gateway.signed_in("province_admin"), await gateway.signed_in("partner")
    await province.put("/api/v1/robots/gz-1", json=ROBOT)
    bodies = [{"from": f"visitor-{number}", "text": str(number)} for number in range(30)]
    replies = await asyncio.gather(*(partner.post("/api/v1/robots/gz-1/messages", json=body) for body in bodies))
    assert [reply.json()["text"] for reply in replies] == [f"{body['from']}: {body['text']}" for body in bodies]


async def test_a_message_that_is_not_answered_fails_its_own_caller_alone(gateway: Gateway) -> None:
    province, partner = await gateway.signed_in("province_admin"), await gateway.signed_in("partner")
    await province.put("/api/v1/robots/gz-1", json=ROBOT)
    texts = [REFUSED if number == 7 else str(number) for number in range(40)]
    bodies = [{"from": f"visitor-{number}", "text": text} for number, text in enumerate(texts)]
    replies = await asyncio.gather(*(partner.post("/api/v1/robots/gz-1/messages", json=body) for body in bodies))
    assert [reply.status_code for reply in replies] == [503 if text == REFUSED else 200 for text in texts]
    assert "SLOW" in replies[7].text


async def test_cities_without_a_robot_and_what_people_say_are_reported(gateway: Gateway) -> None:
    """CHN-21, CHN-25."""
    province, auditor = await gateway.signed_in("province_admin"), await gateway.signed_in("auditor")
    kept = await province.put("/api/v1/robots/cities", json={"cities": ["guangzhou", "foshan", "foshan"]})
    assert kept.json() == {"cities": 2}
    await province.put("/api/v1/robots/gz-1", json=ROBOT)
    listed = (await auditor.get("/api/v1/robots")).json()
    assert listed["cities_without"] == ["guangzhou", "foshan"]
    assert [(one["id"], one["online"], one["seen_at"]) for one in listed["robots"]] == [("gz-1", False, None)]
    report = (await auditor.get("/api/v1/robots/reports?robot=gz-1&first_day=2026-11-01")).json()
    assert report["remarks"] == [{"remark": "complaint", "product": "CRBT", "count": 1}]
    assert report["answers"] == [{"robot": "gz-1", "kind": "handover", "count": 1}]
    assert (await auditor.get("/api/v1/robots/reports?first_day=soon")).status_code == 422


async def test_a_person_answers_what_a_robot_could_not(gateway: Gateway) -> None:
    """CHN-26."""
    agent = await gateway.signed_in("agent")
    [waiting] = (await agent.get("/api/v1/robots/handovers")).json()["handovers"]
    assert (waiting["answer"], waiting["answered_at"]) == (None, None)
    answered = await agent.post(f"/api/v1/robots/handovers/{waiting['id']}/answer", json={"answer": "您好"})
    assert (answered.json()["answer"], answered.json()["answered_by"]) == ("您好", "agent")
    [done] = (await agent.get("/api/v1/robots/handovers?answered=true")).json()["handovers"]
    assert done["answer"] == "yes"
    partner, portal = await gateway.signed_in("partner"), await gateway.signed_in("portal")
    assert (await partner.get("/api/v1/robots/handovers?robot=gz-1")).status_code == 200
    assert (await portal.get("/api/v1/robots/handovers")).status_code == 403
    assert (
        await partner.post(f"/api/v1/robots/handovers/{waiting['id']}/answer", json={"answer": "x"})
    ).status_code == 403


async def test_the_sales_front_line_asks_the_knowledge_base_over_wap(gateway: Gateway) -> None:
    """CHN-30, CHN-31."""
    branch, hall = await gateway.signed_in("branch_operator"), await gateway.signed_in("hall_terminal")
    made = await branch.post("/api/v1/knowledge", json=ENTRY)
    assert made.status_code == 201
    where = made.headers["location"]
    asked = {"question": "酬金多少", "audience": "staff"}
    assert (await hall.get("/api/v1/knowledge/answers", params=asked)).json()["answer"] == "每单2元"
    changed = await branch.put(where, json=ENTRY | {"answer": "每单3元"})
    assert changed.json()["answer"] == "每单3元"
    assert [entry["id"] for entry in (await hall.get("/api/v1/knowledge")).json()["entries"]] == [made.json()["id"]]
    assert (await hall.post("/api/v1/knowledge", json=ENTRY)).status_code == 403
    assert (await branch.delete(where)).status_code == 204
    assert (await branch.delete(where)).status_code == 404
    nothing = (await hall.get("/api/v1/knowledge/answers", params=asked)).json()
    assert nothing == {"answer": None, "entry_id": None, "confidence": 0.0}
