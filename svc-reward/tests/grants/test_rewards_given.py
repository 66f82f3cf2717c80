"""What is given beside points: benefits, draw entries, prizes, and the choice between equal ones (RWD-04, RWD-07)."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from carillon.reward.v1 import draw_pb2, draw_pb2_grpc, facts_pb2, grant_pb2, prize_pb2, prize_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import acting_as
from svc_reward.app.offer_reward import offer_reward
from svc_reward.domain.account import AccountKind
from svc_reward.domain.reward import Reward, RewardKind
from svc_reward.domain.reward_grant import GrantState, Occasion
from svc_reward.domain.reward_offer import RewardOffer
from svc_reward.domain.reward_owner import RewardOwner, subscriber

from .grants_desk import AFFILIATE, MAKER, GrantsDesk, offer, points, shape, stamp, state_of

NO_DRAW = "00000000-0000-7000-8000-000000000000"


def benefit(amount: int = 10, unit: str = "mms", **values: Any) -> grant_pb2.Reward:
    return grant_pb2.Reward(kind=grant_pb2.REWARD_KIND_BENEFIT, amount=amount, unit=unit, **values)


def entry(draw_id: str, amount: int = 1) -> grant_pb2.Reward:
    return grant_pb2.Reward(kind=grant_pb2.REWARD_KIND_DRAW_ENTRY, amount=amount, draw_id=draw_id)


def gift(code: str = "gift", amount: int = 1, **values: Any) -> grant_pb2.Reward:
    return grant_pb2.Reward(kind=grant_pb2.REWARD_KIND_PRIZE, amount=amount, prize=code, **values)


async def open_draw(desk: GrantsDesk, **values: Any) -> str:
    """The id of a draw that takes entries for ten days."""
    stub = draw_pb2_grpc.DrawServiceStub(desk.channel)
    plan = draw_pb2.DrawPlan(
        name="November",
        campaign_id="stars",
        prizes=[draw_pb2.DrawPrize(code="phone", name="Phone", weight=1, stock=1)],
        closes_at=stamp(desk.clock.at + timedelta(days=10)),
        reveal_by=stamp(desk.clock.at + timedelta(days=11)),
        **values,
    )
    with acting_as(MAKER):
        made = await invoke(stub.CreateDraw, draw_pb2.CreateDrawRequest(request_id=desk.key(), plan=plan))
        request = draw_pb2.OpenDrawRequest(
            request_id=desk.key(), draw_id=made.draw.id, commitment=hashlib.sha256(desk.key().encode()).digest()
        )
        await invoke(stub.OpenDraw, request)
    return made.draw.id


async def stock_prize(desk: GrantsDesk, code: str = "gift", stock: int = 5, **values: Any) -> None:
    standard: dict[str, Any] = {
        "code": code,
        "name": "E-gift",
        "kind": prize_pb2.PRIZE_KIND_VOUCHER,
        "voucher_days": 30,
        "currency": "campus_points",
        "price": 40,
        "lowest_tier": prize_pb2.MEMBER_TIER_PREMIUM,
        "valid_from": stamp(desk.clock.at - timedelta(days=1)),
        "valid_until": stamp(desk.clock.at + timedelta(days=90)),
    }
    request = prize_pb2.CreatePrizeRequest(
        request_id=desk.key(), prize=prize_pb2.Prize(**(standard | values)), stock=stock
    )
    with acting_as(MAKER):
        await invoke(prize_pb2_grpc.PrizeServiceStub(desk.channel).CreatePrize, request)


async def told(desk: GrantsDesk, kind: type[Message]) -> list[Any]:
    async with desk.database.read() as unit:
        rows = await unit.driver.fetch(
            "SELECT body FROM outbox WHERE type = $1 ORDER BY sequence", kind.DESCRIPTOR.full_name
        )
    return [kind.FromString(row["body"]) for row in rows]


async def test_the_first_mms_brings_ten_free_ones_and_who_sends_more_gets_no_more(desk: GrantsDesk) -> None:
    """RWD-38."""
    await desk.event_rule("mms_sent", shape=shape("FIRST"), offer=offer(benefit()))
    await desk.did("mms_sent")
    desk.pass_days(1)
    await desk.did("mms_sent")
    [grant] = await desk.granted()
    assert (state_of(grant), grant.rewards[0].unit, grant.rewards[0].amount) == ("given", "mms", 10)
    [fact] = await told(desk, facts_pb2.BenefitGranted)
    assert (fact.grant_id, fact.owner_kind, fact.owner, fact.unit, fact.amount) == (
        grant.id,
        "subscriber",
        "7",
        "mms",
        10,
    )


async def test_the_first_month_of_a_package_is_free_once_and_not_for_who_gives_it_up(desk: GrantsDesk) -> None:
    """RWD-39: try before you buy; the second month is charged as ever, since the benefit is one month."""
    await desk.rule(shape=shape("FIRST"), offer=offer(benefit(1, "mms_package_free_month")), claw_back_days=30)
    await desk.order("o-1")
    desk.pass_days(40)
    await desk.order("o-2")
    await desk.order("o-3", subscriber_id=8)
    assert [one.owner for one in await told(desk, facts_pb2.BenefitGranted)] == ["7", "8"]
    await desk.end("o-2")
    await desk.end("o-3")
    assert [one.owner for one in await told(desk, facts_pb2.BenefitTakenBack)] == ["8"]


async def test_tickets_of_a_draw_are_entered_once_under_the_grants_own_key(desk: GrantsDesk) -> None:
    draw_id = await open_draw(desk)
    await desk.rule(offer=offer(entry(draw_id, 2)))
    await desk.order("o-1")
    await desk.order("o-1")
    async with desk.database.read() as unit:
        rows = await unit.driver.fetch("SELECT subscriber, source_key FROM draw_entry ORDER BY source_key")
    [grant] = await desk.granted()
    assert [tuple(row) for row in rows] == [(7, f"grant:{grant.id}#1"), (7, f"grant:{grant.id}#2")]
    assert grant.reference == draw_id


async def test_a_draw_that_is_closed_or_sells_its_tickets_refuses_and_says_why(desk: GrantsDesk) -> None:
    await desk.rule(offer=offer(entry(await open_draw(desk))))
    price = draw_pb2.DrawPoints(currency="seeds", amount=5)
    await desk.rule(offer=offer(entry(await open_draw(desk, ticket_price=price))))
    desk.pass_days(10)
    await desk.order("o-1")
    assert await desk.states() == [("refused", "DRAW_CLOSED"), ("refused", "DRAW_SELLS_TICKETS")]


async def test_a_prize_is_given_as_one_that_was_paid_for(desk: GrantsDesk) -> None:
    """Its points come and go in one transaction, whatever the tier; its voucher is there to be shown."""
    await stock_prize(desk, stock=1)
    await desk.rule(offer=offer(gift()))
    await desk.order("o-1")
    await desk.order("o-2")
    assert await desk.states() == [("given", ""), ("refused", "OUT_OF_STOCK")]
    assert await desk.balance() == 0
    async with desk.database.read() as unit:
        assert await unit.driver.fetchval("SELECT count(*) FROM voucher") == 1
        redeemed = await unit.driver.fetchval("SELECT id::text FROM redemption")
    assert (await desk.granted())[0].reference == redeemed


async def test_what_a_rule_names_has_to_be_there(desk: GrantsDesk) -> None:
    for reward, reason in ((gift("nothing"), "PRIZE_UNKNOWN"), (entry(NO_DRAW), "DRAW_UNKNOWN")):
        with pytest.raises(NotFound) as unknown:
            await desk.propose(offer=offer(reward))
        assert unknown.value.reason == reason


async def choice(desk: GrantsDesk, **values: Any) -> str:
    """A grant whose owner chooses between credit and an e-gift, with a draw entry beside it (RWD-07)."""
    await stock_prize(desk)
    draw_id = await open_draw(desk)
    credit = points(500, "phone_credit_fen", worth_fen=500)
    await desk.rule(offer=offer(credit, gift(worth_fen=500), choose_days=7, extras=[entry(draw_id)], **values))
    await desk.order("o-1")
    grant, extra = await desk.granted()
    assert (state_of(grant), grant.chosen, state_of(extra), extra.reference) == ("offered", -1, "given", draw_id)
    return grant.id


async def test_the_owner_chooses_once(desk: GrantsDesk) -> None:
    grant_id = await choice(desk)
    chosen = await desk.choose(grant_id, 0, key="mine")
    assert (state_of(chosen), chosen.chosen) == ("given", 0)
    assert await desk.balance("7", "phone_credit_fen") == 500
    assert await desk.choose(grant_id, 0, key="mine") == chosen
    with pytest.raises(StateRefused) as refused:
        await desk.choose(grant_id, 1)
    assert refused.value.reason == "CHOICE_MADE"


async def test_who_may_not_choose_or_names_nothing_is_refused(desk: GrantsDesk) -> None:
    grant_id = await choice(desk)
    with pytest.raises(PermissionRefused):
        await desk.choose(grant_id, 0, by=AFFILIATE)
    with pytest.raises(InvalidInput) as invalid:
        await desk.choose(grant_id, 2)
    assert invalid.value.reason == "CHOICE_UNKNOWN"
    with pytest.raises(NotFound):
        await desk.choose(NO_DRAW, 0)


async def test_who_does_not_choose_in_time_gets_the_default(desk: GrantsDesk) -> None:
    grant_id = await choice(desk, default_choice=1)
    desk.pass_days(7)
    with pytest.raises(StateRefused) as refused:
        await desk.choose(grant_id, 0)
    assert refused.value.reason == "CHOICE_OVER"
    await desk.lapse()
    await desk.lapse()
    grant, _ = await desk.granted()
    assert (state_of(grant), grant.chosen) == ("given", 1)
    assert await desk.balance("7", "phone_credit_fen") == 0


async def test_what_can_not_be_given_leaves_the_choice_open(desk: GrantsDesk) -> None:
    grant_id = await choice(desk)
    async with desk.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE stock SET total = reserved + committed")
    with pytest.raises(StateRefused) as refused:
        await desk.choose(grant_id, 1)
    assert refused.value.reason == "OUT_OF_STOCK"
    assert state_of(await desk.choose(grant_id, 0)) == "given"
    assert await desk.balance() == 0


@pytest.mark.parametrize(
    ("rewards", "values"),
    [
        ([points(5, worth_fen=50), benefit(worth_fen=40)], {"choose_days": 7}),
        ([points(5), benefit()], {"choose_days": 7}),
        ([points(5, worth_fen=50), benefit(worth_fen=50)], {}),
        ([points(5, worth_fen=50), points(5, worth_fen=50)], {"choose_days": 7}),
        ([points(5)], {"choose_days": 7}),
        ([points(5)], {"default_choice": 1}),
    ],
)
async def test_a_choice_is_between_different_rewards_of_equal_worth_and_has_an_end(
    desk: GrantsDesk, rewards: list[grant_pb2.Reward], values: dict[str, int]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await desk.propose(offer=offer(*rewards, **values))
    assert refused.value.reason == "OFFER_INVALID"


@pytest.mark.parametrize(
    "reward",
    [
        points(5, ""),
        points(5, "euro"),
        points(5, validity="soon"),
        points(5, unit="mms"),
        benefit(unit="MMS!"),
        benefit(campaign_id="stars"),
        benefit(validity="30D"),
        gift(amount=101),
        entry("not-a-draw"),
        entry(NO_DRAW, 101),
    ],
)
async def test_a_reward_that_can_not_be_is_refused(desk: GrantsDesk, reward: grant_pb2.Reward) -> None:
    with pytest.raises(InvalidInput):
        await desk.propose(offer=offer(reward))


async def test_every_reward_type_of_the_2011_plan_can_be_promised(desk: GrantsDesk) -> None:
    """RWD-04. Lucky codes are those of referrals, and a judged award is any of these by a rule for ``judged``."""
    draw_id = await open_draw(desk)
    for code in ("doll", "e-gift", "handset", "computer"):
        await stock_prize(desk, code)
    plan = {
        "lucky seeds": points(3, "seeds"),
        "phone credit": points(500, "phone_credit_fen"),
        "physical prize": gift("doll"),
        "lottery qualification": entry(draw_id),
        "bonus money": benefit(800, "bonus_fen"),
        "equal-value e-gift": gift("e-gift"),
        "handset": gift("handset"),
        "computer": gift("computer"),
        "small discount": benefit(5, "discount_percent"),
    }
    for name, reward in plan.items():
        await desk.rule(name=name, offer=offer(reward))
    staff = offer(points(5, "competition_points"))
    await desk.rule(name="competition points", payee=grant_pb2.PAYEE_STAFF, offer=staff)
    await desk.order("o-1", staff_id="promoter-3")
    grants = (await desk.of_order("o-1")).grants
    assert [state_of(grant) for grant in grants] == ["given"] * 10


async def test_prizes_and_draws_are_for_subscribers(desk: GrantsDesk) -> None:
    with pytest.raises(InvalidInput) as refused:
        await desk.propose(payee=grant_pb2.PAYEE_SELLER, offer=offer(gift()))
    assert refused.value.reason == "REWARD_NOT_FOR_OWNER"


async def test_another_use_case_offers_what_it_likes_once_for_an_occasion(desk: GrantsDesk) -> None:
    """As referrals do: without a rule, in their own transaction."""
    made = RewardOffer(rewards=(Reward(kind=RewardKind.CURRENCY, amount=5, currency="seeds"),))
    occasion = Occasion(source="referral:1", owner=subscriber(7), at=desk.clock.at)
    answers = []
    for _ in range(2):
        async with desk.database.unit_of_work() as unit:
            answers.append(await offer_reward(unit, made, occasion=occasion, means=desk.means))
    assert answers[0] == answers[1]
    assert [grant.state for grant in answers[0]] == [GrantState.GIVEN]
    assert await desk.balance("7", "seeds") == 5
    staff = Occasion(source="referral:1", owner=RewardOwner(kind=AccountKind.STAFF, id="s-1"), at=desk.clock.at)
    with pytest.raises(InvalidInput):
        async with desk.database.unit_of_work() as unit:
            await offer_reward(unit, made, occasion=staff, means=desk.means)
