"""Referrals over gRPC and PostgreSQL: who may recommend whom, and both sides rewarded once when the friend has done it all."""

from datetime import timedelta
from typing import Any

import pytest

from carillon.reward.v1 import grant_pb2, referral_pb2
from carillon.segment.v1 import subscriber_pb2
from carillon_chassis.errors import DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity

from .circle import CHECKER, MAKER, PORTAL, Circle, seeds, stamp
from .referral_values import DAY, NOON


async def test_both_sides_are_rewarded_when_the_friend_is_active_has_downloaded_and_logged_in(circle: Circle) -> None:
    """RWD-06."""
    programme = await circle.programme()
    begun = await circle.recommend(programme, 1, 2, hint="+86138*****00")
    assert (begun.state, begun.friend_hint) == (referral_pb2.REFERRAL_STATE_OPEN, "+86138*****00")
    circle.pass_days(1)
    await circle.does(2, "logged_in")
    await circle.activate(2)
    assert await circle.held() == {"campaign_budget/friends": 1000}
    circle.pass_days(1)
    await circle.does(2, "downloaded")
    assert await circle.held() == {"campaign_budget/friends": 930, "subscriber/1": 50, "subscriber/2": 20}
    [done] = (await circle.listed(1)).referrals
    assert done.state == referral_pb2.REFERRAL_STATE_COMPLETED
    assert done.completed_at == stamp(NOON + 2 * DAY)
    assert [(one.owner, one.state, one.rewards[0].amount) for one in done.grants] == [
        ("1", grant_pb2.GRANT_STATE_GIVEN, 50)
    ]


async def test_the_same_facts_again_pay_nothing_again(circle: Circle) -> None:
    programme = await circle.programme()
    await circle.recommend(programme, 1, 2)
    for _ in range(3):
        await circle.activate(2)
        await circle.does(2, "downloaded", "logged_in")
    assert (await circle.held())["subscriber/1"] == 50


async def test_a_friend_who_used_the_service_years_ago_is_refused(circle: Circle) -> None:
    """RWD-06: never used before, not only not now."""
    await circle.activate(2, at=NOON - 2000 * DAY)
    await circle.end(2, at=NOON - 1900 * DAY)
    programme = await circle.programme()
    with pytest.raises(StateRefused) as caught:
        await circle.recommend(programme, 1, 2)
    assert (caught.value.reason, caught.value.field) == ("FRIEND_IS_USER", "friend")


async def test_an_end_alone_shows_that_there_was_a_beginning(circle: Circle) -> None:
    await circle.end(2, at=NOON - 1900 * DAY)
    programme = await circle.programme()
    with pytest.raises(StateRefused, match="FRIEND_IS_USER"):
        await circle.recommend(programme, 1, 2)
    await circle.activate(2, at=NOON - 2000 * DAY)
    with pytest.raises(StateRefused, match="FRIEND_IS_USER"):
        await circle.recommend(programme, 1, 2)


async def test_late_news_of_an_earlier_use_refuse_an_open_referral(circle: Circle) -> None:
    programme = await circle.programme()
    await circle.recommend(programme, 1, 2)
    await circle.activate(2, at=NOON - timedelta(seconds=1))
    await circle.does(2, "downloaded", "logged_in")
    assert await circle.states(1) == ["refused"]
    assert await circle.held() == {"campaign_budget/friends": 1000}


@pytest.mark.parametrize(
    ("value", "is_user"),
    [
        ({"boolean": True}, True),
        ({"boolean": False}, False),
        ({"integer": 3}, True),
        ({"integer": 0}, False),
        ({"number": 0.5}, True),
        ({"text": "Yes"}, True),
        ({"text": " No "}, False),
        ({"date": "2009-05-01"}, True),
    ],
)
async def test_the_snapshots_attribute_says_who_is_a_user(circle: Circle, value: dict[str, Any], is_user: bool) -> None:
    programme = await circle.programme(user_attribute="mm_client")
    circle.snapshot.attributes[2] = [subscriber_pb2.AttributeValue(name="mm_client", **value)]
    if is_user:
        with pytest.raises(StateRefused, match="FRIEND_IS_USER"):
            await circle.recommend(programme, 1, 2)
    else:
        await circle.recommend(programme, 1, 2)
    await circle.recommend(programme, 1, 3)
    assert circle.snapshot.asked == [2, 3]


async def test_self_referrals_loops_and_second_recommendations_are_refused(circle: Circle) -> None:
    programme = await circle.programme()
    with pytest.raises(InvalidInput, match="SELF_REFERRAL"):
        await circle.recommend(programme, 1, 1)
    await circle.recommend(programme, 1, 2)
    await circle.recommend(programme, 2, 3)
    await circle.recommend(programme, 3, 4)
    for referrer in (2, 3, 4):
        with pytest.raises(StateRefused, match="REFERRAL_LOOP"):
            await circle.recommend(programme, referrer, 1)
    for referrer in (1, 5):
        with pytest.raises(StateRefused, match="FRIEND_RECOMMENDED"):
            await circle.recommend(programme, referrer, 2)
    # Another programme is another circle.
    other = await circle.programme(name="号簿管家送好礼", services=["CONTACTS"])
    await circle.recommend(other, 2, 1)


async def test_a_friend_who_did_not_do_it_in_time_may_be_recommended_anew_and_then_counts_for_the_new_one(
    circle: Circle,
) -> None:
    programme = await circle.programme()
    await circle.recommend(programme, 1, 2)
    circle.pass_days(14)
    assert await circle.states(1) == ["expired"]
    await circle.recommend(programme, 3, 2)
    await circle.activate(2)
    await circle.does(2, "downloaded", "logged_in")
    assert await circle.held() == {"campaign_budget/friends": 930, "subscriber/3": 50, "subscriber/2": 20}


async def test_late_news_of_what_was_done_in_time_still_count(circle: Circle) -> None:
    programme = await circle.programme()
    await circle.recommend(programme, 1, 2)
    done = circle.clock.at + 13 * DAY
    circle.pass_days(20)
    await circle.activate(2, at=done)
    await circle.does(2, "downloaded", "logged_in", at=done)
    assert await circle.states(1) == ["completed"]


async def test_a_referrer_has_a_cap_which_overdue_friends_do_not_fill(circle: Circle) -> None:
    programme = await circle.programme(max_friends=2)
    await circle.recommend(programme, 1, 2)
    await circle.recommend(programme, 1, 3)
    await circle.activate(3)
    await circle.does(3, "downloaded", "logged_in")
    with pytest.raises(StateRefused, match="REFERRER_LIMIT"):
        await circle.recommend(programme, 1, 4)
    circle.pass_days(14)
    await circle.recommend(programme, 1, 4)
    with pytest.raises(StateRefused, match="REFERRER_LIMIT"):
        await circle.recommend(programme, 1, 5)


async def test_only_users_recommend_where_the_programme_says_so(circle: Circle) -> None:
    """CMP-17: an existing user recommends."""
    programme = await circle.programme(referrer_must_use=True)
    for asking in (circle.recommend(programme, 1, 2), circle.code(programme, 1)):
        with pytest.raises(StateRefused, match="REFERRER_NOT_USER"):
            await asking
    await circle.activate(1)
    await circle.recommend(programme, 1, 2)
    assert await circle.code(programme, 1)


async def test_a_programme_needs_a_second_person_and_its_time(circle: Circle) -> None:
    proposed = (await circle.propose(valid_to=stamp(NOON + DAY))).number
    with pytest.raises(StateRefused, match="PROGRAMME_NOT_RUNNING"):
        await circle.recommend(proposed, 1, 2)
    with pytest.raises(PermissionRefused, match="MAKER_IS_CHECKER"):
        await circle.approve(proposed, by=MAKER)
    assert (await circle.approve(proposed)).approved_by == CHECKER.subject
    with pytest.raises(StateRefused, match="PROGRAMME_STATE"):
        await circle.approve(proposed)
    await circle.recommend(proposed, 1, 2)
    circle.pass_days(1)
    with pytest.raises(StateRefused, match="PROGRAMME_NOT_RUNNING"):
        await circle.recommend(proposed, 1, 3)
    # What was begun in time may be completed after it.
    await circle.activate(2)
    await circle.does(2, "downloaded", "logged_in")
    assert await circle.states(1) == ["completed"]


async def test_a_programme_that_is_ended_begins_nothing_and_what_was_begun_may_be_completed(circle: Circle) -> None:
    programme = await circle.programme(event_types=[])
    code = await circle.code(programme, 1)
    await circle.recommend(programme, 1, 2)
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await circle.end_programme(programme, by=PORTAL)
    assert (await circle.end_programme(programme)).ended_by == CHECKER.subject
    for asking in (circle.recommend(programme, 1, 3), circle.accept(code, 3), circle.code(programme, 4)):
        with pytest.raises(StateRefused, match="PROGRAMME_NOT_RUNNING"):
            await asking
    await circle.activate(2)
    assert await circle.states(1) == ["completed"]
    for number in (programme, (await circle.propose()).number):
        with pytest.raises(StateRefused, match="PROGRAMME_STATE"):
            await circle.end_programme(number)


async def test_nobody_changes_a_programme_or_a_completed_referral_in_the_database(circle: Circle, owned: Any) -> None:
    programme = await circle.programme()
    await circle.recommend(programme, 1, 2)
    await circle.activate(2)
    await circle.does(2, "downloaded", "logged_in")
    for statement in (
        "UPDATE referral_programme SET window_days = 300",
        "UPDATE referral_programme SET approved_by = made_by",
        "UPDATE referral_programme SET approved_by = 'somebody else'",
        "UPDATE referral SET state = 'open', completed_at = NULL",
        "DELETE FROM referral",
        "DELETE FROM referral_code",
    ):
        with pytest.raises(Exception, match=r"never changes|can't become|is refused"):
            async with owned.unit_of_work() as unit:
                await unit.driver.execute(statement)


async def test_an_empty_budget_refuses_the_grant_with_its_reason_and_not_the_referral(circle: Circle) -> None:
    offer = grant_pb2.Offer(rewards=[seeds(900)])
    programme = await circle.programme(event_types=[], referrer_offer=offer)
    for friend in (2, 3):
        await circle.recommend(programme, 1, friend)
        await circle.activate(friend)
    newest, oldest = (await circle.listed(1)).referrals
    assert [(one.state, one.reason) for one in oldest.grants] == [(grant_pb2.GRANT_STATE_GIVEN, "")]
    assert [(one.state, one.reason) for one in newest.grants] == [(grant_pb2.GRANT_STATE_REFUSED, "INSUFFICIENT_FUNDS")]
    assert (await circle.held())["subscriber/1"] == 900


async def test_a_page_of_referrals_goes_on_where_the_last_one_ended(circle: Circle) -> None:
    programme = await circle.programme()
    for friend in (2, 3, 4):
        await circle.recommend(programme, 1, friend)
    first = await circle.listed(1, page_size=2)
    rest = await circle.listed(1, page_size=2, page_token=first.next_page_token)
    assert [[one.friend_id for one in page.referrals] for page in (first, rest)] == [[4, 3], [2]]
    assert rest.next_page_token == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"draw_id": "0190a5c2-0000-7000-8000-000000000001"}, "DRAW_UNKNOWN"),
        ({"referrer_offer": None}, "PROGRAMME_INVALID"),
        ({"friend_offer": grant_pb2.Offer(rewards=[seeds(5, campaign_id="other")])}, "PROGRAMME_INVALID"),
        ({"friend_offer": grant_pb2.Offer(rewards=[seeds(5, currency="competition_points")])}, "REWARD_NOT_FOR_OWNER"),
        ({"friend_offer": grant_pb2.Offer(rewards=[seeds(5), seeds(6)], choose_days=3)}, "OFFER_INVALID"),
        ({"valid_to": stamp(NOON - 60 * DAY)}, "PROGRAMME_INVALID"),
    ],
)
async def test_programmes_that_can_not_be_are_refused(circle: Circle, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(DomainError) as caught:
        await circle.propose(**changes)
    assert caught.value.reason == reason


async def test_who_may_not_and_what_is_not_there(circle: Circle) -> None:
    programme = await circle.programme()
    stranger = Identity(subject="poco", roles=frozenset({"affiliate"}))
    for asking in (
        circle.propose(by=CHECKER),
        circle.approve(programme, by=stranger),
        circle.recommend(programme, 1, 2, by=stranger),
        circle.code(programme, 1, by=MAKER),
    ):
        with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
            await asking
    with pytest.raises(NotFound, match="PROGRAMME_UNKNOWN"):
        await circle.recommend(99, 1, 2)
