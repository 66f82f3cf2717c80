"""The operator's rules of contact over gRPC: hours, words, who may change them, and that a way out always stands."""

from collections.abc import AsyncIterator

import pytest

from carillon.channel.v1 import contact_rule_pb2, contact_rule_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.plugin import Serving
from svc_channel.main import build

from .house import House

ADMIN = Identity(subject="root", roles=frozenset({"province_admin"}))
OPERATOR = Identity(subject="ops-1", roles=frozenset({"branch_operator"}), branch="guangzhou")
EXACT, FUZZY = contact_rule_pb2.KEYWORD_MATCH_EXACT, contact_rule_pb2.KEYWORD_MATCH_FUZZY
TELL, OPT_OUT = contact_rule_pb2.KEYWORD_ACTION_TELL, contact_rule_pb2.KEYWORD_ACTION_OPT_OUT

Stub = contact_rule_pb2_grpc.ContactRuleServiceStub


@pytest.fixture
async def rules(house: House, serving: Serving) -> AsyncIterator[Stub]:
    """The service without its workers."""
    service = build(house.settings())
    async with serving(service, with_workers=False) as channel:
        yield Stub(channel)
    await service.database.close()


def night(**fields: str) -> contact_rule_pb2.QuietHours:
    """Marketing, nine to eight."""
    return contact_rule_pb2.QuietHours(
        **{"message_class": "marketing", "starts": "21:00", "ends": "08:00", "channel": "", **fields}
    )


async def put_hours(
    rules: Stub, hours: contact_rule_pb2.QuietHours, *, who: Identity = ADMIN, ended: bool = False
) -> None:
    """Sets or ends them, under a key of their own."""
    request = contact_rule_pb2.PutQuietHoursRequest(request_id=f"{hours}{ended}", quiet_hours=hours, ended=ended)
    with acting_as(who):
        await invoke(rules.PutQuietHours, request)


async def put_word(
    rules: Stub, keyword: contact_rule_pb2.Keyword, *, who: Identity = ADMIN
) -> contact_rule_pb2.Keyword:
    """Adds a word, under a key of its own."""
    request = contact_rule_pb2.PutKeywordRequest(request_id=f"{who.subject}{keyword}"[:200], keyword=keyword)
    with acting_as(who):
        return (await invoke(rules.PutKeyword, request)).keyword


async def end_word(rules: Stub, keyword_id: int, *, who: Identity = ADMIN) -> None:
    """Forgets it."""
    with acting_as(who):
        await invoke(rules.EndKeyword, contact_rule_pb2.EndKeywordRequest(request_id=f"e{keyword_id}", id=keyword_id))


async def words(rules: Stub) -> list[contact_rule_pb2.Keyword]:
    """All of them."""
    return list((await invoke(rules.ListKeywords, contact_rule_pb2.ListKeywordsRequest())).keywords)


async def test_hours_are_set_changed_and_ended(rules: Stub) -> None:
    await put_hours(rules, night())
    await put_hours(rules, night(channel="mms", starts="12:00", ends="13:30"))
    await put_hours(rules, night(starts="22:00"))
    listed = await invoke(rules.ListQuietHours, contact_rule_pb2.ListQuietHoursRequest())
    assert [(one.channel, one.starts, one.ends) for one in listed.quiet_hours] == [
        ("", "22:00", "08:00"),
        ("mms", "12:00", "13:30"),
    ]
    await put_hours(rules, night(), ended=True)
    listed = await invoke(rules.ListQuietHours, contact_rule_pb2.ListQuietHoursRequest())
    assert [one.channel for one in listed.quiet_hours] == ["mms"]


async def test_hours_that_can_not_be_and_who_may_not_set_them_are_refused(rules: Stub) -> None:
    with pytest.raises(InvalidInput, match="QUIET_HOURS_INVALID"):
        await put_hours(rules, night(message_class="reply"))
    with pytest.raises(InvalidInput, match="CHANNEL_UNKNOWN"):
        await put_hours(rules, night(channel="fax"))
    with pytest.raises(InvalidInput, match="SHAPE"):
        await put_hours(rules, night(starts="24:00"))
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await put_hours(rules, night(), who=OPERATOR)


async def test_the_words_of_opting_out_come_with_the_service(rules: Stub) -> None:
    shipped = [(one.word, one.action) for one in await words(rules)]
    assert {word for word, action in shipped if action == OPT_OUT} >= {"td", "t", "退订", "stop", "0000"}


async def test_a_branch_adds_words_that_are_told_and_no_others(rules: Stub) -> None:
    vote = contact_rule_pb2.Keyword(name="vote", match=FUZZY, word="Hillstrom", action=TELL, threshold=80)
    kept = await put_word(rules, vote, who=OPERATOR)
    assert (kept.word, kept.threshold) == ("hillstrom", 80)
    out = contact_rule_pb2.Keyword(name="opt-out", match=EXACT, word="quit", action=OPT_OUT)
    taken_over = contact_rule_pb2.Keyword(name="mine", match=EXACT, word="TD", action=TELL)
    for keyword in (out, taken_over):
        with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
            await put_word(rules, keyword, who=OPERATOR)
    await end_word(rules, kept.id, who=OPERATOR)
    with pytest.raises(NotFound, match="KEYWORD_UNKNOWN"):
        await end_word(rules, 99_999)


async def test_the_last_word_by_which_people_opt_out_stays(rules: Stub) -> None:
    outs = [one.id for one in await words(rules) if one.action == OPT_OUT]
    for one in outs[:-1]:
        await end_word(rules, one)
    with pytest.raises(StateRefused, match="KEYWORD_LAST_OPT_OUT"):
        await end_word(rules, outs[-1])
    assert [one.id for one in await words(rules) if one.action == OPT_OUT] == outs[-1:]


async def test_forbidden_words_are_kept_with_their_reason(rules: Stub) -> None:
    word = contact_rule_pb2.ForbiddenWord(word="Best", reason="no superlatives")
    with acting_as(OPERATOR), pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await invoke(
            rules.PutForbiddenWord, contact_rule_pb2.PutForbiddenWordRequest(request_id="f1", forbidden_word=word)
        )
    with acting_as(ADMIN):
        await invoke(
            rules.PutForbiddenWord, contact_rule_pb2.PutForbiddenWordRequest(request_id="f2", forbidden_word=word)
        )
        listed = await invoke(rules.ListForbiddenWords, contact_rule_pb2.ListForbiddenWordsRequest())
        assert [(one.word, one.reason) for one in listed.forbidden_words] == [("best", "no superlatives")]
        ended = await invoke(
            rules.EndForbiddenWord, contact_rule_pb2.EndForbiddenWordRequest(request_id="f3", word="BEST")
        )
        assert ended.forbidden_word.reason == "no superlatives"
        with pytest.raises(NotFound, match="FORBIDDEN_WORD_UNKNOWN"):
            await invoke(rules.EndForbiddenWord, contact_rule_pb2.EndForbiddenWordRequest(request_id="f4", word="best"))
