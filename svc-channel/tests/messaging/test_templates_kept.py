"""Templates over gRPC: versions, previews with what they take, forbidden words and four eyes."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from carillon.channel.v1 import template_pb2, template_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.domain.forbidden_words import ForbiddenWord
from svc_channel.main import build
from svc_channel.store.forbidden_words import put_forbidden_word

from .house import House

MAKER = Identity(subject="ops-1", roles=frozenset({"branch_operator"}), branch="guangzhou")
CHECKER = Identity(subject="check-1", roles=frozenset({"approver"}))
BOTH = Identity(subject="root", roles=frozenset({"province_admin"}))
GENERAL = template_pb2.TEMPLATE_PURPOSE_GENERAL
DRAFT, APPROVED, REJECTED = (
    template_pb2.TEMPLATE_STATE_DRAFT,
    template_pb2.TEMPLATE_STATE_APPROVED,
    template_pb2.TEMPLATE_STATE_REJECTED,
)


class Desk:
    """Makes, shows and judges templates."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.stub = template_pb2_grpc.TemplateServiceStub(channel)

    async def create(self, *, who: Identity = MAKER, **fields: Any) -> template_pb2.CreateTemplateResponse:
        """A draft."""
        request = {"request_id": "k1", "name": "welcome", "purpose": GENERAL, "text": "Hi {who:text}, {fee:money}"}
        with acting_as(who):
            return await invoke(self.stub.CreateTemplate, template_pb2.CreateTemplateRequest(**{**request, **fields}))

    async def judge(self, template_id: str, *, who: Identity = CHECKER, **fields: Any) -> template_pb2.Template:
        """Approved, unless the test says otherwise."""
        request = {"request_id": "j1", "id": template_id, "approved": True}
        with acting_as(who):
            answer = await invoke(self.stub.JudgeTemplate, template_pb2.JudgeTemplateRequest(**{**request, **fields}))
        return answer.template

    async def preview(self, template_id: str, **values: str | int) -> template_pb2.TemplatePreview:
        """With these values."""
        given = [
            template_pb2.TemplateValue(name=name, **({"text": one} if isinstance(one, str) else {"integer": one}))
            for name, one in values.items()
        ]
        request = template_pb2.PreviewTemplateRequest(id=template_id, values=given)
        return (await invoke(self.stub.PreviewTemplate, request)).preview


@pytest.fixture
async def desk(house: House, serving: Serving) -> AsyncIterator[Desk]:
    """The service without its workers."""
    service = build(house.settings(segment_price_fen=8))
    async with serving(service, with_workers=False) as channel:
        yield Desk(channel)
    await service.database.close()


async def test_a_template_is_seen_with_what_it_takes_before_it_is_approved(desk: Desk) -> None:
    made = await desk.create()
    assert (made.template.state, made.template.version, made.template.made_by) == (DRAFT, 1, "ops-1")
    assert [(one.name, one.type) for one in made.template.placeholders] == [("who", "text"), ("fee", "money")]
    assert (made.preview.text, made.preview.encoding) == ("Hi 示例文字, 123.45", "ucs2")
    shown = await desk.preview(made.template.id, who="Ann", fee=500)
    assert (shown.text, shown.encoding, shown.characters, shown.segments, shown.cost_fen) == (
        "Hi Ann, 5.00",
        "gsm7",
        12,
        1,
        8,
    )
    assert (await desk.preview(made.template.id, who="x" * 160, fee=0)).cost_fen == 16
    with pytest.raises(InvalidInput, match="VALUE_INVALID"):
        await desk.preview(made.template.id, fee="5.00")
    with pytest.raises(NotFound, match="TEMPLATE_UNKNOWN"):
        await desk.preview("7b7ac6a0-33c3-4f0e-8a4b-0c5e6f330034")


async def test_whoever_made_a_template_does_not_approve_it(desk: Desk) -> None:
    mine = (await desk.create(who=BOTH)).template
    with pytest.raises(PermissionRefused, match="FOUR_EYES"):
        await desk.judge(mine.id, who=BOTH)
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await desk.judge(mine.id, who=MAKER)
    judged = await desk.judge(mine.id)
    assert (judged.state, judged.judged_by) == (APPROVED, "check-1")
    with pytest.raises(StateRefused, match="TEMPLATE_STATE"):
        await desk.judge(mine.id, request_id="j2", approved=False, judgement="late")


async def test_a_new_version_starts_as_a_draft_and_a_rejection_says_why(desk: Desk) -> None:
    await desk.create()
    second = (await desk.create(request_id="k2", text="Hello")).template
    assert (second.version, second.state) == (2, DRAFT)
    with pytest.raises(InvalidInput, match="JUDGEMENT_MISSING"):
        await desk.judge(second.id, approved=False)
    rejected = await desk.judge(second.id, request_id="j2", approved=False, judgement="too short")
    assert (rejected.state, rejected.judgement) == (REJECTED, "too short")
    page = await invoke(desk.stub.ListTemplates, template_pb2.ListTemplatesRequest(page_size=2))
    rest = await invoke(
        desk.stub.ListTemplates, template_pb2.ListTemplatesRequest(page_size=2, page_token=page.next_page_token)
    )
    found = [(one.name, one.version) for one in [*page.templates, *rest.templates]]
    assert found == [("price-confirmation", 1), ("welcome", 2), ("welcome", 1)]


async def test_a_word_forbidden_since_the_draft_stops_the_approval(house: House, desk: Desk) -> None:
    made = (await desk.create(text="the best price")).template
    async with house.database.unit_of_work() as unit:
        word = ForbiddenWord(word="best", reason="no superlatives")
        await put_forbidden_word(unit, word, by="x", now=made.made_at.ToDatetime().astimezone())
    with pytest.raises(InvalidInput) as refused:
        await desk.judge(made.id)
    assert refused.value.metadata == {"word": "best", "position": "5", "why": "no superlatives"}
    with pytest.raises(InvalidInput, match="FORBIDDEN_WORD"):
        await desk.create(request_id="k3", text="best!")


async def test_a_confirmation_without_the_three_prices_is_refused(desk: Desk) -> None:
    """CHN-33."""
    purpose = template_pb2.TEMPLATE_PURPOSE_PRICE_CONFIRMATION
    with pytest.raises(InvalidInput, match="TEMPLATE_PRICES_MISSING"):
        await desk.create(purpose=purpose, text="{premium_price:money}")
    with pytest.raises(InvalidInput, match="TEMPLATE_INVALID"):
        await desk.create(text="{oops")
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await desk.create(who=CHECKER)
