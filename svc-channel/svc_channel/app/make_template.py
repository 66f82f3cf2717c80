"""Makes, shows and judges templates; a maker's draft is judged by somebody else, and sends nothing before."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_channel.domain.forbidden_words import ForbiddenWords
from svc_channel.domain.template import Preview, Purpose, Value, preview_text, read_template
from svc_channel.store.forbidden_words import fetch_forbidden_words
from svc_channel.store.templates import KeptTemplate, TemplateState, find_template, insert_template, judge

MAKERS = ("province_admin", "branch_operator")
JUDGES = ("approver", "province_admin")


async def create_template(
    unit: UnitOfWork, *, identity: Identity, template_id: UUID, name: str, purpose: Purpose, text: str, now: datetime
) -> KeptTemplate:
    """The next version of a name, as a draft.

    Raises InvalidInput TEMPLATE_INVALID, TEMPLATE_PRICES_MISSING (CHN-33) and FORBIDDEN_WORD with place and reason;
    PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *MAKERS)
    read_template(text).check_purpose(purpose)
    await _check_words(unit, text)
    return await insert_template(
        unit, template_id=template_id, name=name, purpose=purpose, text=text, by=identity.subject, now=now
    )


async def judge_template(
    unit: UnitOfWork, template_id: UUID, *, identity: Identity, approved: bool, judgement: str, now: datetime
) -> KeptTemplate:
    """Approves or rejects a draft: four eyes, and the words that are forbidden by now.

    Raises NotFound TEMPLATE_UNKNOWN, PermissionRefused FOUR_EYES, StateRefused TEMPLATE_STATE, InvalidInput
    FORBIDDEN_WORD and JUDGEMENT_MISSING.
    """
    require_role(identity, *JUDGES)
    kept = await get_template(unit, template_id)
    if kept.made_by == identity.subject:
        raise PermissionRefused(
            reason="FOUR_EYES", detail="whoever made a template does not judge it; ask somebody else"
        )
    if approved:
        await _check_words(unit, kept.text)
    elif not judgement:
        raise InvalidInput(reason="JUDGEMENT_MISSING", field="judgement", detail="say why it is rejected")
    state = TemplateState.APPROVED if approved else TemplateState.REJECTED
    judged = await judge(unit, template_id, state=state, by=identity.subject, judgement=judgement, now=now)
    if judged is None:
        raise StateRefused(
            reason="TEMPLATE_STATE", field="id", detail=f"it is {kept.state} already; make a new version"
        )
    return judged


async def get_template(unit: UnitOfWork, template_id: UUID) -> KeptTemplate:
    """The version under this id. Raises NotFound TEMPLATE_UNKNOWN."""
    kept = await find_template(unit, template_id)
    if kept is None:
        raise NotFound(reason="TEMPLATE_UNKNOWN", field="id", detail="no template has this id")
    return kept


def preview_template(kept: KeptTemplate, values: Mapping[str, Value], *, segment_price_fen: int) -> Preview:
    """What a subscriber would read and what it takes; examples stand in for what is missing."""
    return preview_text(read_template(kept.text).fill(values, examples=True), segment_price_fen=segment_price_fen)


async def _check_words(unit: UnitOfWork, text: str) -> None:
    ForbiddenWords(await fetch_forbidden_words(unit)).check(text, field="text")
