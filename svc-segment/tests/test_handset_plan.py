"""A handset subsidy is sized by the printed steps, and its models are ranked by who has them, over real data."""

import pytest

from carillon.segment.v1 import membership_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, PermissionRefused
from carillon_chassis.identity import acting_as
from svc_segment.domain.handset_plan import SizingWish, rank_models
from svc_segment.store.reference import shipped_handset_plan

from .match_desk import AGENT, EAST
from .segmentation import Segmentation, csv_file, number_of

ATTRIBUTES = {
    "branch": "text", "music_member": "text", "arpu": "number", "has_handset_subsidy": "boolean",
    "supports_music_walkman": "boolean", "supports_full_track": "boolean", "terminal_model": "text",
    "terminal_price_yuan": "integer", "terminal_in_library": "boolean",
}  # fmt: skip
# branch, member, ARPU, other plan, walkman, full track, model, price, in the library
PEOPLE = [
    ("east", "PREMIUM", 130, False, True, True, "A", 1500, True),
    ("east", "PREMIUM", 125, False, True, False, "B", 900, True),
    ("east", "PREMIUM", 124.99, False, False, False, "B", 900, True),
    ("east", "ORDINARY", 200, False, "", "", "", "", ""),
    ("east", "ORDINARY", 300, True, False, False, "B", 900, True),
    ("west", "ORDINARY", 300, False, False, True, "B", 900, True),
    ("west", "NON_MEMBER", 125, False, False, False, "B", 900, True),
    ("west", "NON_MEMBER", 10, False, True, True, "A", 1500, True),
    ("west", "ORDINARY", 10, False, True, True, "C", 2000, True),
    ("west", "PREMIUM", 10, False, True, True, "D", 2000, False),
    ("west", "PREMIUM", 10, False, True, True, "E", 3001, True),
]


@pytest.fixture
async def loaded(segmentation: Segmentation) -> Segmentation:
    rows = [(number_of(number), *person) for number, person in enumerate(PEOPLE, start=1)]
    await segmentation.load(csv_file(["msisdn", *ATTRIBUTES], *rows), ATTRIBUTES)
    return segmentation


async def size(loaded: Segmentation, **more: object) -> membership_pb2.SizeHandsetsResponse:
    values = {"price_yuan": 1500, "past_offered": 4, "past_sold": 3, **more}
    request = membership_pb2.SizeHandsetsRequest(**values)  # type: ignore[arg-type]  # the fields of a test
    return await invoke(loaded.memberships.SizeHandsets, request)


async def test_a_subsidy_is_sized_by_membership_in_marketing_order(loaded: Segmentation) -> None:
    """SEG-77: from the price to the agreed spend, to who spends it without a terminal, to the handsets (SEG-75, SEG-76)."""
    sized = await size(loaded)
    assert (sized.theoretical_arpu, sized.as_of) == (125.0, "2011-03-31")
    assert [(one.membership, one.equipped, one.unequipped, one.meeting, one.handsets) for one in sized.memberships] == [
        ("PREMIUM", 3, 2, 1, 0),
        ("ORDINARY", 1, 2, 2, 1),
        ("NON_MEMBER", 1, 1, 1, 0),
    ]
    assert sized.handsets == 1
    cheaper = await size(loaded, agreed_share=0.5, agreed_months=24, past_sold=4)
    assert (cheaper.theoretical_arpu, cheaper.handsets) == (31.25, 5)


async def test_a_branch_sizes_its_own_alone(loaded: Segmentation) -> None:
    with acting_as(EAST):
        sized = await size(loaded, past_sold=4)
        assert [one.meeting for one in sized.memberships] == [1, 1, 0]
        with pytest.raises(PermissionRefused):
            await size(loaded, branch="west")
    assert (await size(loaded, branch="it's nowhere")).handsets == 0
    with acting_as(AGENT), pytest.raises(PermissionRefused):
        await size(loaded)


async def test_models_are_ranked_among_the_terminals_of_the_services_users(loaded: Segmentation) -> None:
    """SEG-78: both services, in the library, of the price range; rank, market share and price."""
    answer = await invoke(loaded.memberships.RankHandsets, membership_pb2.RankHandsetsRequest())
    assert [
        (one.rank, one.model, one.price_yuan, one.users, one.service_users, round(one.market_share, 3))
        for one in answer.models
    ] == [(1, "A", 1500, 2, 1, 0.182), (2, "C", 2000, 1, 1, 0.091)]
    with acting_as(EAST):
        own = await invoke(loaded.memberships.RankHandsets, membership_pb2.RankHandsetsRequest())
    assert [(one.model, one.market_share) for one in own.models] == [("A", 0.2)]


def test_models_of_equal_rank_come_by_users_then_price_then_name() -> None:
    found = [("D", 900, 1, 1), ("C", 800, 1, 1), ("B", 800, 1, 1), ("A", 900, 5, 1), ("E", 100, 9, 0)]
    assert [one.model for one in rank_models(found, everyone=10)] == ["A", "B", "C", "D", "E"]
    assert rank_models([("A", 1, 0, 0)], everyone=0)[0].market_share == 0.0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"price_yuan": 999}, "price_yuan"),
        ({"price_yuan": 3001}, "price_yuan"),
        ({"agreed_months": 61}, "agreed_months"),
        ({"past_sold": 5}, "past_sold"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused_with_its_field(
    loaded: Segmentation, wrong: dict[str, int], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await size(loaded, **wrong)
    assert (refusal.value.reason, refusal.value.field) == ("HANDSET_PLAN", field)


async def test_data_without_terminals_are_told(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn"], [number_of(1)]))
    with pytest.raises(InvalidInput) as refusal:
        await size(segmentation)
    assert refusal.value.reason == "RULE_UNKNOWN_ATTRIBUTE"


def test_the_shipped_plan_has_the_printed_price_range_and_memberships() -> None:
    plan = shipped_handset_plan()
    assert (plan.least_price, plan.most_price) == (1000, 3000)
    assert list(plan.memberships) == ["PREMIUM", "ORDINARY", "NON_MEMBER"]
    wish = SizingWish(price_yuan=1000, agreed_share=1.0, agreed_months=12, past_offered=1, past_sold=1)
    wish.check(plan)
    assert wish.theoretical_arpu == 83.33
