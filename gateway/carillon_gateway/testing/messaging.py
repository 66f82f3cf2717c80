"""Stand-ins for svc-channel's consents, rules, templates and single messages; no more than the edge's tests need."""

from typing import Any

from carillon.channel.v1 import (
    consent_pb2,
    consent_pb2_grpc,
    contact_rule_pb2,
    contact_rule_pb2_grpc,
    single_pb2,
    single_pb2_grpc,
    template_pb2,
    template_pb2_grpc,
)
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused
from carillon_chassis.identity import current_identity
from carillon_gateway.testing.catalogue import PLACED_AT

MESSAGE_ID = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e43"
TEMPLATE_ID = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e44"
FORBIDDEN = "最低价"


class ConsentsStandIn(consent_pb2_grpc.ConsentServiceServicer):
    """A ledger in memory."""

    def __init__(self) -> None:
        self._lines: list[consent_pb2.Consent] = []

    async def RecordConsent(self, request: consent_pb2.RecordConsentRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Kept."""
        if request.scope == "everything":
            raise InvalidInput(reason="SCOPE_INVALID", field="scope", detail="no scope")
        line = consent_pb2.Consent(
            number=len(self._lines) + 1,
            subscriber_id=request.subscriber_id,
            scope=request.scope,
            state=request.state,
            at=PLACED_AT,
            source=consent_pb2.CONSENT_SOURCE_OPERATOR,
            evidence=request.evidence,
            actor=current_identity().subject,
            text=request.text,
        )
        self._lines.append(line)
        return consent_pb2.RecordConsentResponse(consent=line)

    async def ListConsents(self, request: consent_pb2.ListConsentsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All on one page, the latest first."""
        lines = [line for line in self._lines if line.subscriber_id == request.subscriber_id]
        return consent_pb2.ListConsentsResponse(current=lines[-1:], entries=lines[::-1])


class SinglesStandIn(single_pb2_grpc.SingleMessageServiceServicer):
    """One message."""

    def __init__(self) -> None:
        self._message: single_pb2.SingleMessage | None = None

    async def SendMessage(self, request: single_pb2.SendMessageRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Kept, and queued."""
        if FORBIDDEN in request.content.text:
            raise InvalidInput(reason="FORBIDDEN_WORD", field="content", detail="at character 1", metadata={})
        text = request.content.text or str(
            {value.name: value.integer or value.text for value in request.content.values}
        )
        self._message = single_pb2.SingleMessage(
            id=MESSAGE_ID,
            subscriber_id=request.subscriber_id,
            channel=request.channel,
            message_class=request.message_class,
            category=request.category,
            sender=request.sender or "10086",
            state="queued",
            parts=1,
            text=text,
            created_at=PLACED_AT,
            due_at=PLACED_AT,
            expires_at=request.expires_at if request.HasField("expires_at") else None,
            failed_steps=[single_pb2.FailedStep(channel="mms", reason="HANDSET_INCAPABLE", at=PLACED_AT)],
            fallback=[step.channel for step in request.fallback],
        )
        return single_pb2.SendMessageResponse(message=self._message)

    async def GetMessage(self, request: single_pb2.GetMessageRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Masked for an auditor."""
        if self._message is None or request.id != MESSAGE_ID:
            raise NotFound(reason="MESSAGE_UNKNOWN", field="id", detail="no message has this id")
        shown = single_pb2.SingleMessage()
        shown.CopyFrom(self._message)
        if "auditor" in current_identity().roles:
            shown.text, shown.text_masked = "", True
        return single_pb2.GetMessageResponse(message=shown)


class TemplatesStandIn(template_pb2_grpc.TemplateServiceServicer):
    """One template."""

    def __init__(self) -> None:
        self._template: template_pb2.Template | None = None

    def _known(self, template_id: str) -> template_pb2.Template:
        if self._template is None or template_id != TEMPLATE_ID:
            raise NotFound(reason="TEMPLATE_UNKNOWN", field="id", detail="no template has this id")
        return self._template

    async def CreateTemplate(self, request: template_pb2.CreateTemplateRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Kept as a draft."""
        self._template = template_pb2.Template(
            id=TEMPLATE_ID,
            name=request.name,
            version=1,
            purpose=request.purpose,
            text=request.text,
            placeholders=[template_pb2.TemplatePlaceholder(name="fee", type="money")],
            state=template_pb2.TEMPLATE_STATE_DRAFT,
            made_by=current_identity().subject,
            made_at=PLACED_AT,
        )
        preview = template_pb2.TemplatePreview(text="5.00", encoding="gsm7", characters=4, segments=1, cost_fen=10)
        return template_pb2.CreateTemplateResponse(template=self._template, preview=preview)

    async def PreviewTemplate(self, request: template_pb2.PreviewTemplateRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The values as they came."""
        self._known(request.id)
        text = ",".join(f"{one.name}={one.integer or one.text}" for one in request.values)
        preview = template_pb2.TemplatePreview(
            text=text, encoding="ucs2", characters=len(text), segments=1, cost_fen=10
        )
        return template_pb2.PreviewTemplateResponse(preview=preview)

    async def JudgeTemplate(self, request: template_pb2.JudgeTemplateRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Not by its maker."""
        template = self._known(request.id)
        if template.made_by == current_identity().subject:
            raise PermissionRefused(reason="FOUR_EYES", detail="ask somebody else")
        judged = template_pb2.TEMPLATE_STATE_APPROVED if request.approved else template_pb2.TEMPLATE_STATE_REJECTED
        template.state, template.judged_by, template.judgement = judged, current_identity().subject, request.judgement
        return template_pb2.JudgeTemplateResponse(template=template)

    async def GetTemplate(self, request: template_pb2.GetTemplateRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one."""
        return template_pb2.GetTemplateResponse(template=self._known(request.id))

    async def ListTemplates(self, request: template_pb2.ListTemplatesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one, if it is there."""
        return template_pb2.ListTemplatesResponse(templates=[self._template] if self._template is not None else [])


class ContactRulesStandIn(contact_rule_pb2_grpc.ContactRuleServiceServicer):
    """What was put last, of each kind."""

    def __init__(self) -> None:
        self._hours: list[contact_rule_pb2.QuietHours] = []
        self._keywords: list[contact_rule_pb2.Keyword] = []
        self._words: list[contact_rule_pb2.ForbiddenWord] = []

    async def PutQuietHours(self, request: contact_rule_pb2.PutQuietHoursRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Kept, or forgotten."""
        self._hours = [] if request.ended else [request.quiet_hours]
        return contact_rule_pb2.PutQuietHoursResponse(quiet_hours=request.quiet_hours)

    async def ListQuietHours(self, request: contact_rule_pb2.ListQuietHoursRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What stands."""
        return contact_rule_pb2.ListQuietHoursResponse(quiet_hours=self._hours)

    async def PutKeyword(self, request: contact_rule_pb2.PutKeywordRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Kept."""
        request.keyword.id = 1
        self._keywords = [request.keyword]
        return contact_rule_pb2.PutKeywordResponse(keyword=request.keyword)

    async def EndKeyword(self, request: contact_rule_pb2.EndKeywordRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Forgotten, where it was there."""
        if request.id != 1 or not self._keywords:
            raise NotFound(reason="KEYWORD_UNKNOWN", field="id", detail="no word has this id")
        return contact_rule_pb2.EndKeywordResponse(keyword=self._keywords.pop())

    async def ListKeywords(self, request: contact_rule_pb2.ListKeywordsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What stands."""
        return contact_rule_pb2.ListKeywordsResponse(keywords=self._keywords)

    async def PutForbiddenWord(self, request: contact_rule_pb2.PutForbiddenWordRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Kept."""
        self._words = [request.forbidden_word]
        return contact_rule_pb2.PutForbiddenWordResponse(forbidden_word=request.forbidden_word)

    async def EndForbiddenWord(self, request: contact_rule_pb2.EndForbiddenWordRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Forgotten, where it was there."""
        if request.word not in {one.word for one in self._words}:
            raise NotFound(reason="FORBIDDEN_WORD_UNKNOWN", field="word", detail="this word is not forbidden")
        return contact_rule_pb2.EndForbiddenWordResponse(forbidden_word=self._words.pop())

    async def ListForbiddenWords(self, request: contact_rule_pb2.ListForbiddenWordsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What stands."""
        return contact_rule_pb2.ListForbiddenWordsResponse(forbidden_words=self._words)
