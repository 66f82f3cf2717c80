"""One subscriber's view over real gRPC: attributes of each type and the segments whose rules fit."""

import pytest

from carillon.segment.v1 import subscriber_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound

from .segmentation import BASICS, Segmentation, csv_file, number_of


async def view_of(segmentation: Segmentation, subscriber_id: int) -> subscriber_pb2.GetSubscriberResponse:
    request = subscriber_pb2.GetSubscriberRequest(subscriber_id=subscriber_id)
    return await invoke(segmentation.subscribers.GetSubscriber, request)


async def test_a_subscriber_shows_attributes_segments_and_day_but_no_number(segmentation: Segmentation) -> None:
    rows = [[number_of(1), "全球通", 88.5, 31, "true", "2008-03-20"], [number_of(2), "神州行", "", 60, "false", ""]]
    await segmentation.load(csv_file(["msisdn", *BASICS], *rows), BASICS)
    everyone = await segmentation.create("everyone", "true")
    young = await segmentation.create("young", "age < 40")
    await segmentation.create("rich", "arpu > 100")
    view = await view_of(segmentation, 1)
    assert list(view.segment_ids) == [everyone.id, young.id]
    assert view.as_of == "2011-03-31"
    assert [(value.name, value.WhichOneof("value")) for value in view.attributes] == [
        ("brand", "text"),
        ("arpu", "number"),
        ("age", "integer"),
        ("member", "boolean"),
        ("joined", "date"),
    ]
    assert number_of(1)[1:] not in str(view)
    assert list((await view_of(segmentation, 2)).segment_ids) == [everyone.id]


async def test_a_rule_that_is_unknown_for_a_subscriber_does_not_fit(segmentation: Segmentation) -> None:
    rows = [[number_of(1), "全球通", "", "", "", ""]]
    await segmentation.load(csv_file(["msisdn", *BASICS], *rows), BASICS)
    await segmentation.create("old", "age > 60")
    await segmentation.create("not old", "not (age > 60)")
    assert not (await view_of(segmentation, 1)).segment_ids


async def test_a_subscriber_of_whom_nothing_but_the_number_is_known_is_found(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn"], [number_of(1)]))
    everyone = await segmentation.create("everyone", "true")
    view = await view_of(segmentation, 1)
    assert (list(view.attributes), list(view.segment_ids)) == ([], [everyone.id])


@pytest.mark.parametrize("subscriber_id", [2, 4_294_967_295])
async def test_an_unknown_subscriber_is_not_found(segmentation: Segmentation, subscriber_id: int) -> None:
    await segmentation.load(csv_file(["msisdn"], [number_of(1)]))
    with pytest.raises(NotFound) as caught:
        await view_of(segmentation, subscriber_id)
    assert caught.value.reason == "SUBSCRIBER_NOT_FOUND"


async def test_a_number_without_its_plus_is_refused_by_shape(segmentation: Segmentation) -> None:
    with pytest.raises(InvalidInput) as caught:
        await invoke(
            segmentation.subscribers.ResolveNumbers,
            subscriber_pb2.ResolveNumbersRequest(msisdns=["13800000001"]),
        )
    assert caught.value.field == "msisdns[0]"


async def test_branches_of_many_subscribers_come_in_one_answer(segmentation: Segmentation) -> None:
    """CHN-30."""
    asked = subscriber_pb2.LookUpBranchesRequest(subscriber_ids=[1, 2, 3, 4_000_000_000])

    async def branches() -> dict[int, str]:
        answer = await invoke(segmentation.subscribers.LookUpBranches, asked)
        return {entry.subscriber_id: entry.branch for entry in answer.entries}

    assert await branches() == {}
    rows = [[number_of(1), "广州"], [number_of(2), ""], [number_of(3), "shenzhen"]]
    await segmentation.load(csv_file(["msisdn", "branch"], *rows), {"branch": "text"})
    assert await branches() == {1: "广州", 3: "shenzhen"}


async def test_branches_are_empty_where_no_snapshot_says_whose_a_subscriber_is(segmentation: Segmentation) -> None:
    await segmentation.load(csv_file(["msisdn", *BASICS], [number_of(1), "全球通", 1, 1, "", ""]), BASICS)
    answer = await invoke(
        segmentation.subscribers.LookUpBranches, subscriber_pb2.LookUpBranchesRequest(subscriber_ids=[1])
    )
    assert list(answer.entries) == []
