"""A life that ended gives up its open referrals and its services, on either side, and begins no other."""

import pytest

from carillon_chassis.errors import StateRefused

from ..lives import end_lives  # noqa: TID252 -- tests have no name to import by
from .circle import SERVICE, Circle


async def end_life(circle: Circle, *subscriber_ids: int) -> None:
    await end_lives(circle.database, *subscriber_ids, at=circle.clock.at)


async def test_open_referrals_of_an_ended_life_are_given_up_and_completed_ones_stay(circle: Circle) -> None:
    programme = await circle.programme()
    await circle.recommend(programme, 1, 2)
    await circle.activate(2)
    await circle.does(2, "downloaded", "logged_in")
    await circle.recommend(programme, 1, 3)
    await circle.recommend(programme, 4, 5)
    await circle.recommend(programme, 6, 7)
    await end_life(circle, 1, 5)
    await end_life(circle, 1)
    assert await circle.states(1) == ["expired", "completed"]
    assert await circle.states(4) == ["expired"]
    assert await circle.states(6) == ["open"]
    # Their deeds, told late, complete nothing and earn nothing.
    for friend in (3, 5):
        await circle.activate(friend)
        await circle.does(friend, "downloaded", "logged_in")
    held = await circle.held()
    assert {name: amount for name, amount in held.items() if name.startswith("subscriber/")} == {
        "subscriber/1": 50,
        "subscriber/2": 20,
    }
    # A friend whose referrer is no more may be recommended by somebody else.
    await end_life(circle, 6)
    await circle.recommend(programme, 8, 7)


async def test_an_ended_life_neither_recommends_nor_is_recommended_nor_its_code_accepted(circle: Circle) -> None:
    programme = await circle.programme()
    code = await circle.code(programme, 1)
    await end_life(circle, 1)
    for begin in (circle.recommend(programme, 1, 2), circle.recommend(programme, 2, 1), circle.accept(code, 2)):
        with pytest.raises(StateRefused) as refusal:
            await begin
        assert refusal.value.reason == "LIFE_ENDED"


async def test_an_ended_life_uses_no_service_and_the_next_owner_of_the_number_is_no_user(circle: Circle) -> None:
    programme = await circle.programme()
    await circle.activate(1)
    await end_life(circle, 1)
    async with circle.database.read() as unit:
        query = "SELECT count(*) FROM service_use WHERE subscriber_id = $1 AND service = $2 AND ended_at IS NULL"
        assert await unit.driver.fetchval(query, 1, SERVICE) == 0
    # Ordinal 2 stands for whoever has the number next.
    begun = await circle.recommend(programme, 3, 2)
    assert begun.friend_id == 2
