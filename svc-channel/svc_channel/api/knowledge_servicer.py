"""KnowledgeService: reads requests, calls use cases, renders answers; decides nothing."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from carillon.channel.v1 import knowledge_pb2, knowledge_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import current_identity, require_role
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_channel.app.knowledge import Knowledge
from svc_channel.app.put_entry import put_entry, retire_entry
from svc_channel.domain.robots.knowledge import Audience, Entry
from svc_channel.store.knowledge import list_entry_rows

# Marketing policy is for the operator's own people.
STAFF_ROLES: Final = ("hall_terminal", "agent", "branch_operator", "province_admin", "approver", "auditor")


class KnowledgeServicer(knowledge_pb2_grpc.KnowledgeServiceServicer):
    """Entries and answers."""

    def __init__(self, database: Database, knowledge: Knowledge, clock: Clock, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._commands = Commands(database)
        self._knowledge = knowledge
        self._clock = clock
        self._new_id = new_id

    async def PutEntry(  # noqa: N802 -- the name is the protocol's
        self,
        request: knowledge_pb2.PutEntryRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> knowledge_pb2.PutEntryResponse:
        """An entry that answers within seconds."""
        identity = current_identity()
        new = not request.entry.id
        entry = _parse_entry(request.entry, self._new_id)

        async def operation(unit: UnitOfWork) -> knowledge_pb2.PutEntryResponse:
            await put_entry(unit, entry, new=new, identity=identity, now=self._clock.now())
            return knowledge_pb2.PutEntryResponse(entry=_render_entry(entry))

        return await self._commands.run(request, knowledge_pb2.PutEntryResponse, operation)

    async def RetireEntry(  # noqa: N802 -- the name is the protocol's
        self,
        request: knowledge_pb2.RetireEntryRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> knowledge_pb2.RetireEntryResponse:
        """An entry that answers no longer."""
        identity = current_identity()

        async def operation(unit: UnitOfWork) -> knowledge_pb2.RetireEntryResponse:
            await retire_entry(unit, UUID(request.id), identity=identity, now=self._clock.now())
            return knowledge_pb2.RetireEntryResponse()

        return await self._commands.run(request, knowledge_pb2.RetireEntryResponse, operation)

    async def ListEntries(  # noqa: N802 -- the name is the protocol's
        self,
        request: knowledge_pb2.ListEntriesRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> knowledge_pb2.ListEntriesResponse:
        """A page of entries."""
        require_role(current_identity(), *STAFF_ROLES)
        limit = request.page_size or DEFAULT_PAGE_SIZE
        async with self._database.read() as unit:
            found = await list_entry_rows(unit, after=_position(request.page_token), limit=limit)
        return knowledge_pb2.ListEntriesResponse(
            entries=[_render_entry(entry) for entry in found],
            next_page_token=encode_token(str(found[-1].id)) if len(found) == limit else "",
        )

    async def AskKnowledge(  # noqa: N802 -- the name is the protocol's
        self,
        request: knowledge_pb2.AskKnowledgeRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> knowledge_pb2.AskKnowledgeResponse:
        """The surest answer (CHN-30, CHN-31)."""
        audience = Audience(request.audience)
        if audience is Audience.STAFF:
            require_role(current_identity(), *STAFF_ROLES)
        found = await self._knowledge.ask(request.question, audience)
        if found is None:
            return knowledge_pb2.AskKnowledgeResponse()
        return knowledge_pb2.AskKnowledgeResponse(
            answer=found.entry.answer, entry_id=str(found.entry.id), confidence=found.confidence
        )


def _parse_entry(message: knowledge_pb2.KnowledgeEntry, new_id: Callable[[], UUID]) -> Entry:
    try:
        entry_id = UUID(message.id) if message.id else new_id()
    except ValueError as error:
        raise InvalidInput(reason="ENTRY_INVALID", field="id", detail="an id is a UUID") from error
    return Entry(
        id=entry_id,
        audience=Audience(message.audience),
        question=message.question.replace("\0", ""),
        variants=tuple(variant.replace("\0", "") for variant in message.variants),
        answer=message.answer.replace("\0", ""),
    )


def _render_entry(entry: Entry) -> knowledge_pb2.KnowledgeEntry:
    return knowledge_pb2.KnowledgeEntry(
        id=str(entry.id),
        audience=entry.audience.value,
        question=entry.question,
        variants=entry.variants,
        answer=entry.answer,
    )


def _position(token: str) -> UUID | None:
    """Where the page before ended. Raises InvalidInput for a token of nobody's."""
    keys = decode_token(token)
    if not keys:
        return None
    try:
        return UUID(str(keys[0]))
    except ValueError as error:
        raise InvalidInput(reason="PAGE_TOKEN_INVALID", field="page_token", detail="not a token of ours") from error
