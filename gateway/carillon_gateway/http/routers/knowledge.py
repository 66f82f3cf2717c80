"""The knowledge base over HTTP; svc-channel finds the answers."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from carillon.channel.v1 import knowledge_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.robots import (
    Knowledge,
    KnowledgeAnswer,
    KnowledgePage,
    PutKnowledge,
    parse_entry,
    render_entry,
)
from carillon_gateway.http.models.shapes import Text
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1/knowledge", tags=["robots"], route_class=GuardedRoute)


@router.get("/answers", summary="Ask the knowledge base")
async def ask_knowledge(
    call: CallDep,
    question: Annotated[Text, Query(min_length=1, max_length=500)],
    audience: Literal["subscriber", "staff"] = "subscriber",
) -> KnowledgeAnswer:
    """The surest answer, or none: products and marketing policy for the sales front line too (CHN-30, CHN-31)."""
    request = knowledge_pb2.AskKnowledgeRequest(question=question, audience=audience)
    answer = await invoke(call.peers.knowledge.AskKnowledge, request)
    return KnowledgeAnswer(answer=answer.answer or None, entry_id=answer.entry_id or None, confidence=answer.confidence)


@router.get("", summary="List the knowledge base")
async def list_knowledge(
    call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = ""
) -> KnowledgePage:
    """Entries that answer, by id."""
    request = knowledge_pb2.ListEntriesRequest(page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.knowledge.ListEntries, request)
    return KnowledgePage(
        entries=[render_entry(entry) for entry in answer.entries], next_page_token=answer.next_page_token or None
    )


@router.post("", status_code=201, summary="Add to the knowledge base")
async def create_knowledge(body: PutKnowledge, call: CallDep, response: Response) -> Knowledge:
    """It answers within seconds."""
    request = parse_entry(body, entry_id="", request_id=call.request_id)
    entry = render_entry((await invoke(call.peers.knowledge.PutEntry, request)).entry)
    response.headers["location"] = f"/api/v1/knowledge/{entry.id}"
    return entry


@router.put("/{id}", summary="Change an entry of the knowledge base")
async def change_knowledge(id: UUID, body: PutKnowledge, call: CallDep) -> Knowledge:  # noqa: A002 -- the name of the others
    """ENTRY_UNKNOWN answers 404."""
    request = parse_entry(body, entry_id=str(id), request_id=call.request_id)
    return render_entry((await invoke(call.peers.knowledge.PutEntry, request)).entry)


@router.delete("/{id}", status_code=204, summary="Take an entry out of the answers")
async def retire_knowledge(id: UUID, call: CallDep) -> None:  # noqa: A002 -- the name of the others
    """ENTRY_UNKNOWN answers 404."""
    request = knowledge_pb2.RetireEntryRequest(request_id=call.request_id, id=str(id))
    await invoke(call.peers.knowledge.RetireEntry, request)
