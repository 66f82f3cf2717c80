"""Codes that subscribers give out, lucky codes in draws (RWD-08), and a choice with a draw entry beside it (RWD-07)."""

import pytest

from carillon.reward.v1 import draw_pb2, grant_pb2, grant_pb2_grpc, referral_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import DomainError, InvalidInput, StateRefused
from carillon_chassis.identity import acting_as

from .circle import PORTAL, Circle, seeds, stamp
from .referral_values import DAY, NOON


@pytest.fixture
async def draw_id(circle: Circle) -> str:
    """An open draw for ten days."""
    return await circle.open_draw()


async def test_a_friend_accepts_by_the_code_that_the_referrer_gave_out(circle: Circle) -> None:
    """RWD-08."""
    programme = await circle.programme()
    code = await circle.code(programme, 1)
    assert await circle.code(programme, 1) == code
    assert await circle.code(programme, 2) != code
    begun = await circle.accept(f"{code[:4]}-{code[4:].lower()}", 3)
    assert (begun.referrer_id, begun.programme) == (1, programme)
    await circle.activate(3)
    await circle.does(3, "downloaded", "logged_in")
    assert (await circle.held())["subscriber/1"] == 50


async def test_who_did_it_all_before_typing_the_code_in_is_complete_at_once(circle: Circle) -> None:
    programme = await circle.programme()
    code = await circle.code(programme, 1)
    circle.pass_days(5)
    await circle.does(2, "downloaded", "logged_in")
    await circle.activate(2)
    circle.pass_days(1)
    done = await circle.accept(code, 2)
    assert (done.state, done.completed_at) == (referral_pb2.REFERRAL_STATE_COMPLETED, stamp(NOON + 5 * DAY))
    assert await circle.held() == {"campaign_budget/friends": 930, "subscriber/1": 50, "subscriber/2": 20}
    # And what comes again or later changes nothing.
    await circle.activate(2)
    await circle.does(2, "downloaded", "logged_in")
    assert (await circle.held())["subscriber/1"] == 50


async def test_a_code_that_comes_too_late_after_the_first_use_is_refused(circle: Circle) -> None:
    programme = await circle.programme()
    code = await circle.code(programme, 1)
    await circle.activate(2)
    circle.pass_days(2.1)
    with pytest.raises(StateRefused, match="FRIEND_IS_USER"):
        await circle.accept(code, 2)


async def test_codes_that_are_wrong_or_were_never_given_are_refused(circle: Circle) -> None:
    programme = await circle.programme()
    code = await circle.code(programme, 1)
    with pytest.raises(InvalidInput, match="SELF_REFERRAL"):
        await circle.accept(code, 1)
    misread = code[:-1] + ("2" if code[-1] != "2" else "3")
    for written, reason in ((misread, "REFERRAL_CODE_INVALID"), ("22222222", "REFERRAL_CODE_UNKNOWN")):
        with pytest.raises(DomainError) as caught:
            await circle.accept(written, 2)
        assert (caught.value.reason, caught.value.field) == (reason, "code")


async def test_each_recommended_new_user_is_a_lucky_code_in_the_draw(circle: Circle, draw_id: str) -> None:
    """RWD-08, CMP-17: recommend a new user, get a lucky code, and with it a place in the draw."""
    programme = await circle.programme(draw_id=draw_id, referrer_offer=None, event_types=[])
    for friend in (2, 3):
        await circle.recommend(programme, 1, friend)
        await circle.activate(friend)
        await circle.activate(friend)
    listed = (await circle.listed(1)).referrals
    codes = [one.lucky_code for one in listed]
    assert len(set(codes)) == 2
    assert [one.entry for one in listed] == ["ENTERED", "ENTERED"]
    assert await circle.entries(draw_id) == sorted((1, f"code:{code}") for code in codes)


async def test_a_draw_that_has_closed_takes_no_code_and_the_referral_stands(circle: Circle, draw_id: str) -> None:
    programme = await circle.programme(draw_id=draw_id)
    await circle.recommend(programme, 1, 2)
    circle.pass_days(12)
    await circle.activate(2)
    await circle.does(2, "downloaded", "logged_in")
    [done] = (await circle.listed(1)).referrals
    assert (done.entry, bool(done.lucky_code)) == ("DRAW_CLOSED", True)
    assert (await circle.held())["subscriber/1"] == 50
    assert await circle.entries(draw_id) == []


async def test_the_referrer_chooses_between_equal_rewards_and_is_in_the_draw_at_once(
    circle: Circle, draw_id: str
) -> None:
    """RWD-07: phone credit or something of equal value, and a draw entry besides."""
    offer = grant_pb2.Offer(
        rewards=[
            seeds(500, currency="phone_credit_fen", worth_fen=500),
            seeds(50, worth_fen=500),
        ],
        choose_days=7,
        extras=[grant_pb2.Reward(kind=grant_pb2.REWARD_KIND_DRAW_ENTRY, amount=1, draw_id=draw_id)],
    )
    programme = await circle.programme(referrer_offer=offer, event_types=[])
    await circle.recommend(programme, 1, 2)
    await circle.activate(2)
    [done] = (await circle.listed(1)).referrals
    choice, extra = done.grants
    assert (choice.state, extra.state) == (grant_pb2.GRANT_STATE_OFFERED, grant_pb2.GRANT_STATE_GIVEN)
    assert [subscriber for subscriber, _ in await circle.entries(draw_id)] == [1]
    request = grant_pb2.ChooseRewardRequest(request_id="choose", grant_id=choice.id, choice=0)
    with acting_as(PORTAL):
        await invoke(grant_pb2_grpc.GrantServiceStub(circle.channel).ChooseReward, request)
    assert (await circle.held("phone_credit_fen"))["subscriber/1"] == 500
    assert "subscriber/1" not in await circle.held()


async def test_a_draw_for_subscribers_only_takes_no_lucky_codes(circle: Circle) -> None:
    kept = await circle.open_draw(eligibility=draw_pb2.DrawEligibility(service="NEWSPAPER", draw_month="2026-12"))
    with pytest.raises(InvalidInput, match="PROGRAMME_INVALID"):
        await circle.propose(draw_id=kept)
