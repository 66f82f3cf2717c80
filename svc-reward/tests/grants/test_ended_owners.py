"""A life that ended is granted nothing more, by any way; what it has stays on its accounts, and nobody else gets it."""

from carillon.reward.v1 import grant_pb2

from ..lives import end_lives  # noqa: TID252 -- tests have no name to import by
from .grants_desk import GrantsDesk, offer, points, shape


async def end_life(desk: GrantsDesk, *subscriber_ids: int) -> None:
    await end_lives(desk.database, *subscriber_ids, at=desk.clock.at)


async def test_deeds_of_an_ended_life_are_forfeited_by_plain_rules_and_refused_by_others(desk: GrantsDesk) -> None:
    await desk.fund("autumn", 1000)
    reward = offer(points(campaign_id="autumn"))
    await desk.event_rule("visited", offer=reward)
    await desk.event_rule("rated", offer=reward, shape=shape("FIRST"))
    await desk.did("visited")
    await end_life(desk, 7)
    await desk.did("visited", at=desk.clock.at.replace(minute=1))
    await desk.did("rated")
    await desk.did("rated", subscriber_id=8)
    assert sorted(await desk.states()) == [
        ("forfeited", "LIFE_ENDED"),
        ("given", ""),
        ("refused", "LIFE_ENDED"),
    ]
    # What was given before stays in the books of the old ordinal, and is none of the next one's.
    assert (await desk.balance("7"), await desk.balance("8")) == (10, 10)


async def test_a_choice_that_was_open_is_forfeited_and_lapses_for_nobody(desk: GrantsDesk) -> None:
    await desk.fund("autumn", 1000)
    either = grant_pb2.Offer(
        rewards=[points(campaign_id="autumn", worth_fen=100), points(20, campaign_id="autumn", worth_fen=100)],
        choose_days=7,
    )
    await desk.event_rule("visited", offer=either)
    await desk.did("visited")
    await desk.did("visited", subscriber_id=8)
    await end_life(desk, 7)
    desk.pass_days(8)
    await desk.lapse()
    assert await desk.states("7") == [("forfeited", "LIFE_ENDED")]
    assert await desk.states("8") == [("given", "")]
    assert (await desk.balance("7"), await desk.balance("8")) == (0, 10)
