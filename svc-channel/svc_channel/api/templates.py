"""TemplateService: reads requests, calls use cases, renders answers; decides nothing."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from carillon.channel.v1 import template_pb2, template_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_channel.api.singles import parse_values
from svc_channel.api.timestamps import render_time
from svc_channel.app.make_template import create_template, get_template, judge_template, preview_template
from svc_channel.domain.template import Preview, Purpose, read_template
from svc_channel.store.templates import KeptTemplate, TemplateState, fetch_templates

PURPOSES = {
    template_pb2.TEMPLATE_PURPOSE_GENERAL: Purpose.GENERAL,
    template_pb2.TEMPLATE_PURPOSE_PRICE_CONFIRMATION: Purpose.PRICE_CONFIRMATION,
}
PURPOSE_VALUES = {purpose: value for value, purpose in PURPOSES.items()}
STATE_VALUES = {
    TemplateState.DRAFT: template_pb2.TEMPLATE_STATE_DRAFT,
    TemplateState.APPROVED: template_pb2.TEMPLATE_STATE_APPROVED,
    TemplateState.REJECTED: template_pb2.TEMPLATE_STATE_REJECTED,
}
# Above every version.
NO_VERSION = 2**31 - 1


class TemplateServicer(template_pb2_grpc.TemplateServiceServicer):
    """Templates, what they take, and who approved them."""

    def __init__(
        self,
        database: Database,
        commands: Commands,
        clock: Clock,
        *,
        new_id: Callable[[], UUID],
        segment_price_fen: int,
    ) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock
        self._new_id = new_id
        self._segment_price_fen = segment_price_fen

    async def CreateTemplate(  # noqa: N802 -- the name is the protocol's
        self,
        request: template_pb2.CreateTemplateRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> template_pb2.CreateTemplateResponse:
        """A draft, with its preview. Errors: see the protocol."""

        async def operation(unit: UnitOfWork) -> template_pb2.CreateTemplateResponse:
            kept = await create_template(
                unit,
                identity=current_identity(),
                template_id=self._new_id(),
                name=request.name,
                purpose=PURPOSES[request.purpose],
                text=request.text,
                now=self._clock.now(),
            )
            preview = preview_template(kept, {}, segment_price_fen=self._segment_price_fen)
            return template_pb2.CreateTemplateResponse(template=_template(kept), preview=_preview(preview))

        return await self._commands.run(request, template_pb2.CreateTemplateResponse, operation)

    async def PreviewTemplate(  # noqa: N802 -- the name is the protocol's
        self,
        request: template_pb2.PreviewTemplateRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> template_pb2.PreviewTemplateResponse:
        """What a subscriber would read. Errors: see the protocol."""
        async with self._database.read() as unit:
            kept = await get_template(unit, UUID(request.id))
        values = parse_values(request.values)
        preview = preview_template(kept, values, segment_price_fen=self._segment_price_fen)
        return template_pb2.PreviewTemplateResponse(preview=_preview(preview))

    async def JudgeTemplate(  # noqa: N802 -- the name is the protocol's
        self,
        request: template_pb2.JudgeTemplateRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> template_pb2.JudgeTemplateResponse:
        """Approved or rejected. Errors: see the protocol."""

        async def operation(unit: UnitOfWork) -> template_pb2.JudgeTemplateResponse:
            judged = await judge_template(
                unit,
                UUID(request.id),
                identity=current_identity(),
                approved=request.approved,
                judgement=request.judgement,
                now=self._clock.now(),
            )
            return template_pb2.JudgeTemplateResponse(template=_template(judged))

        return await self._commands.run(request, template_pb2.JudgeTemplateResponse, operation)

    async def GetTemplate(  # noqa: N802 -- the name is the protocol's
        self,
        request: template_pb2.GetTemplateRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> template_pb2.GetTemplateResponse:
        """One version. Errors: TEMPLATE_UNKNOWN."""
        async with self._database.read() as unit:
            return template_pb2.GetTemplateResponse(template=_template(await get_template(unit, UUID(request.id))))

    async def ListTemplates(  # noqa: N802 -- the name is the protocol's
        self,
        request: template_pb2.ListTemplatesRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> template_pb2.ListTemplatesResponse:
        """A page of versions. Errors: PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        after = _parse_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            found = await fetch_templates(unit, after=after, limit=limit)
        return template_pb2.ListTemplatesResponse(
            templates=[_template(one) for one in found],
            next_page_token=encode_token(found[-1].name, found[-1].version) if len(found) == limit else "",
        )


def _template(kept: KeptTemplate) -> template_pb2.Template:
    return template_pb2.Template(
        id=str(kept.id),
        name=kept.name,
        version=kept.version,
        purpose=PURPOSE_VALUES[kept.purpose],
        text=kept.text,
        placeholders=[
            template_pb2.TemplatePlaceholder(name=one.name, type=one.kind)
            for one in read_template(kept.text).placeholders
        ],
        state=STATE_VALUES[kept.state],
        made_by=kept.made_by,
        made_at=render_time(kept.made_at),
        judged_by=kept.judged_by,
        judged_at=render_time(kept.judged_at),
        judgement=kept.judgement,
    )


def _preview(preview: Preview) -> template_pb2.TemplatePreview:
    return template_pb2.TemplatePreview(
        text=preview.text,
        encoding=preview.encoding,
        characters=preview.characters,
        segments=preview.segments,
        cost_fen=preview.cost_fen,
    )


def _parse_key(keys: Sequence[str | int]) -> tuple[str, int]:
    """The name and version after which a page begins. Raises InvalidInput PAGE_TOKEN_INVALID."""
    match keys:
        case []:
            return "", NO_VERSION
        case [str(name), int(version)] if "\0" not in name and 0 < version <= NO_VERSION:
            return name, version
    raise InvalidInput(reason="PAGE_TOKEN_INVALID", field="page_token", detail="take it as the page before gave it")
