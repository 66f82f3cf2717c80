"""Templates and the operator's rules of contact over HTTP; svc-channel keeps and judges them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from carillon.channel.v1 import contact_rule_pb2, template_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import Call, CallDep, GuardedRoute
from carillon_gateway.http.models.messages import parse_values
from carillon_gateway.http.models.shapes import Text
from carillon_gateway.http.models.templates import (
    ApproveTemplate,
    CreateTemplate,
    ForbiddenWord,
    ForbiddenWords,
    Keyword,
    Keywords,
    Preview,
    PreviewTemplate,
    PutKeyword,
    QuietHours,
    QuietHoursList,
    RejectTemplate,
    Template,
    Templates,
    parse_keyword,
    render_keyword,
    render_preview,
    render_quiet_hours,
    render_template,
)
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["templates"], route_class=GuardedRoute)


@router.post("/templates", status_code=201, summary="Make the next version of a template")
async def create_template(body: CreateTemplate, call: CallDep) -> Template:
    """A draft with its preview. TEMPLATE_INVALID, TEMPLATE_PRICES_MISSING (CHN-33) and FORBIDDEN_WORD answer 422."""
    request = template_pb2.CreateTemplateRequest(
        request_id=call.request_id,
        name=body.name,
        purpose=template_pb2.TemplatePurpose.Value(f"TEMPLATE_PURPOSE_{body.purpose.upper()}"),
        text=body.text,
    )
    answer = await invoke(call.peers.templates.CreateTemplate, request)
    return render_template(answer.template, render_preview(answer.preview))


@router.get("/templates", summary="List templates")
async def list_templates(
    call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = ""
) -> Templates:
    """By name, the latest version first."""
    request = template_pb2.ListTemplatesRequest(page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.templates.ListTemplates, request)
    return Templates(
        templates=[render_template(one) for one in answer.templates], next_page_token=answer.next_page_token or None
    )


@router.get("/templates/{id}", summary="Look at a template")
async def get_template(id: UUID, call: CallDep) -> Template:  # noqa: A002 -- the name of the others
    """One version. TEMPLATE_UNKNOWN answers 404."""
    request = template_pb2.GetTemplateRequest(id=str(id))
    return render_template((await invoke(call.peers.templates.GetTemplate, request)).template)


@router.post("/templates/{id}/preview", summary="See what a template says and takes")
async def preview_template(id: UUID, body: PreviewTemplate, call: CallDep) -> Preview:  # noqa: A002 -- the name of the others
    """Text, encoding, segments and cost for one subscriber. VALUE_INVALID answers 422, TEMPLATE_UNKNOWN 404."""
    request = template_pb2.PreviewTemplateRequest(id=str(id), values=parse_values(body.values))
    return render_preview((await invoke(call.peers.templates.PreviewTemplate, request)).preview)


@router.post("/templates/{id}/approve", summary="Approve a template of somebody else's")
async def approve_template(id: UUID, body: ApproveTemplate, call: CallDep) -> Template:  # noqa: A002 -- the name of the others
    """FOUR_EYES answers 403, TEMPLATE_STATE 409, FORBIDDEN_WORD 422."""
    return await _judge(call, id, approved=True, judgement=body.judgement or "")


@router.post("/templates/{id}/reject", summary="Reject a template of somebody else's")
async def reject_template(id: UUID, body: RejectTemplate, call: CallDep) -> Template:  # noqa: A002 -- the name of the others
    """FOUR_EYES answers 403, TEMPLATE_STATE 409."""
    return await _judge(call, id, approved=False, judgement=body.judgement)


async def _judge(call: Call, template_id: UUID, *, approved: bool, judgement: str) -> Template:
    request = template_pb2.JudgeTemplateRequest(
        request_id=call.request_id, id=str(template_id), approved=approved, judgement=judgement
    )
    return render_template((await invoke(call.peers.templates.JudgeTemplate, request)).template)


@router.get("/quiet-hours", summary="List the hours of peace")
async def list_quiet_hours(call: CallDep) -> QuietHoursList:
    """By the clock in China."""
    answer = await invoke(call.peers.contact_rules.ListQuietHours, contact_rule_pb2.ListQuietHoursRequest())
    return QuietHoursList(quiet_hours=[render_quiet_hours(one) for one in answer.quiet_hours])


@router.put("/quiet-hours", summary="Set or end hours of peace")
async def put_quiet_hours(body: QuietHours, call: CallDep) -> QuietHoursList:
    """Messages of the class wait for their end; replies never do. QUIET_HOURS_INVALID answers 422."""
    request = contact_rule_pb2.PutQuietHoursRequest(
        request_id=call.request_id,
        quiet_hours=contact_rule_pb2.QuietHours(
            channel=body.channel or "", message_class=body.message_class, starts=body.starts, ends=body.ends
        ),
        ended=body.ended,
    )
    await invoke(call.peers.contact_rules.PutQuietHours, request)
    return await list_quiet_hours(call)


@router.get("/keywords", summary="List the words that people write")
async def list_keywords(call: CallDep) -> Keywords:
    """The oldest first; those of opting out came with the service."""
    answer = await invoke(call.peers.contact_rules.ListKeywords, contact_rule_pb2.ListKeywordsRequest())
    return Keywords(keywords=[render_keyword(one) for one in answer.keywords])


@router.post("/keywords", status_code=201, summary="Add a word, or give it another meaning")
async def put_keyword(body: PutKeyword, call: CallDep) -> Keyword:
    """KEYWORD_INVALID answers 422, KEYWORD_LAST_OPT_OUT 409, and 403 who may not open or close channels by a word."""
    request = contact_rule_pb2.PutKeywordRequest(request_id=call.request_id, keyword=parse_keyword(body))
    return render_keyword((await invoke(call.peers.contact_rules.PutKeyword, request)).keyword)


@router.delete("/keywords/{id}", summary="Forget a word")
async def end_keyword(id: Annotated[int, Path(ge=1, lt=2**63)], call: CallDep) -> Keyword:  # noqa: A002 -- the name of the others
    """Answers what it was. KEYWORD_UNKNOWN answers 404, KEYWORD_LAST_OPT_OUT 409."""
    request = contact_rule_pb2.EndKeywordRequest(request_id=call.request_id, id=id)
    return render_keyword((await invoke(call.peers.contact_rules.EndKeyword, request)).keyword)


@router.get("/forbidden-words", summary="List the words that may not go out")
async def list_forbidden_words(call: CallDep) -> ForbiddenWords:
    """With the reason of each."""
    answer = await invoke(call.peers.contact_rules.ListForbiddenWords, contact_rule_pb2.ListForbiddenWordsRequest())
    return ForbiddenWords(
        forbidden_words=[ForbiddenWord(word=one.word, reason=one.reason) for one in answer.forbidden_words]
    )


@router.post("/forbidden-words", status_code=201, summary="Let a word out no more")
async def forbid_word(body: ForbiddenWord, call: CallDep) -> ForbiddenWord:
    """In templates, in single messages and in campaigns alike. FORBIDDEN_WORD_INVALID answers 422."""
    request = contact_rule_pb2.PutForbiddenWordRequest(
        request_id=call.request_id,
        forbidden_word=contact_rule_pb2.ForbiddenWord(word=body.word, reason=body.reason),
    )
    kept = (await invoke(call.peers.contact_rules.PutForbiddenWord, request)).forbidden_word
    return ForbiddenWord(word=kept.word, reason=kept.reason)


@router.delete("/forbidden-words", summary="Let a word out again")
async def allow_word(word: Annotated[Text, Query(min_length=1, max_length=40)], call: CallDep) -> ForbiddenWord:
    """Answers why it was forbidden. FORBIDDEN_WORD_UNKNOWN answers 404."""
    request = contact_rule_pb2.EndForbiddenWordRequest(request_id=call.request_id, word=word)
    ended = (await invoke(call.peers.contact_rules.EndForbiddenWord, request)).forbidden_word
    return ForbiddenWord(word=ended.word, reason=ended.reason)
