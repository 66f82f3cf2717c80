"""The knowledge base over real gRPC and PostgreSQL: who may ask what, and entries that change and go."""

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from carillon.channel.v1 import knowledge_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import NotFound, PermissionRefused
from carillon_chassis.identity import acting_as
from svc_channel.adapters import knowledge_index
from svc_channel.adapters.knowledge_index import KnowledgeIndex
from svc_channel.domain.robots.knowledge import Audience, Entry

from .desk import ADMIN
from .talker import AGENT, PARTNER, Talk


async def test_staff_ask_for_products_and_marketing_policy_and_subscribers_do_not_see_it(talk: Talk) -> None:
    """CHN-30, CHN-31."""
    entry_id = await talk.teach("手机报渠道酬金政策", "每单2元,次月结算。", audience="staff")
    ask = knowledge_pb2.AskKnowledgeRequest(question="手机报的酬金是多少", audience="staff")
    with acting_as(AGENT):
        found = await invoke(talk.knowledge.AskKnowledge, ask)
    assert (found.answer, found.entry_id) == ("每单2元,次月结算。", entry_id)
    assert 0.5 <= found.confidence <= 1.0
    with acting_as(PARTNER), pytest.raises(PermissionRefused):
        await invoke(talk.knowledge.AskKnowledge, ask)
    public = knowledge_pb2.AskKnowledgeRequest(question=ask.question, audience="subscriber")
    with acting_as(PARTNER):
        assert (await invoke(talk.knowledge.AskKnowledge, public)).answer == ""


async def test_an_entry_is_changed_listed_and_retired(talk: Talk) -> None:
    entry_id = await talk.teach("如何取消彩铃", "旧答案")
    changed = knowledge_pb2.KnowledgeEntry(id=entry_id, audience="subscriber", question="如何取消彩铃", answer="新答案")
    with acting_as(ADMIN):
        await invoke(talk.knowledge.PutEntry, knowledge_pb2.PutEntryRequest(request_id="p-2", entry=changed))
        listed = await invoke(talk.knowledge.ListEntries, knowledge_pb2.ListEntriesRequest(page_size=1))
        assert [entry.answer for entry in listed.entries] == ["新答案"]
        rest = knowledge_pb2.ListEntriesRequest(page_size=1, page_token=listed.next_page_token)
        assert list((await invoke(talk.knowledge.ListEntries, rest)).entries) == []
        retire = knowledge_pb2.RetireEntryRequest(request_id="r-1", id=entry_id)
        await invoke(talk.knowledge.RetireEntry, retire)
        again = knowledge_pb2.RetireEntryRequest(request_id="r-2", id=entry_id)
        with pytest.raises(NotFound):
            await invoke(talk.knowledge.RetireEntry, again)
        unknown = knowledge_pb2.PutEntryRequest(request_id="p-3", entry=changed)
        with pytest.raises(NotFound):
            await invoke(talk.knowledge.PutEntry, unknown)
    assert (await talk.say("怎么取消彩铃")).kind != "knowledge"
    with acting_as(PARTNER), pytest.raises(PermissionRefused):
        await invoke(talk.knowledge.PutEntry, knowledge_pb2.PutEntryRequest(request_id="p-4", entry=changed))


async def test_who_asks_while_the_index_is_built_anew_has_the_answer_from_before(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await talk.teach("如何取消彩铃", "发送QXCL到10086")
    index = KnowledgeIndex(talk.desk.database, monotonic=time.monotonic)
    await index.refresh()
    building, go_on, build = threading.Event(), threading.Event(), knowledge_index._build

    def slow(entries: Sequence[Entry]) -> Any:
        building.set()
        go_on.wait(10)
        return build(entries)

    monkeypatch.setattr(knowledge_index, "_build", slow)
    await talk.teach("积分怎么兑换礼品", "登录商城")
    refreshing = asyncio.create_task(index.refresh(at_once=True))
    try:
        assert await asyncio.to_thread(building.wait, 10)
        found = await asyncio.wait_for(index.ask("怎么取消彩铃", Audience.SUBSCRIBER), 3)
        assert found is not None
        assert found.entry.answer == "发送QXCL到10086"
    finally:
        go_on.set()
        await refreshing
        index.close()
