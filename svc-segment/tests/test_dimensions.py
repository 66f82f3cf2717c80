"""Attributes say which of the five sides of a customer they show (SEG-02), from their upload to one subscriber's view."""

from carillon.segment.v1 import snapshot_pb2, subscriber_pb2
from carillon_chassis.client import invoke

from .segmentation import Segmentation, csv_file, number_of

TYPES = {"arpu": "number", "mms": "boolean", "note": "text"}


async def listed(segmentation: Segmentation) -> dict[str, str]:
    answer = await invoke(segmentation.snapshots.ListAttributes, snapshot_pb2.ListAttributesRequest())
    return {attribute.name: attribute.dimension for attribute in answer.attributes}


async def test_a_dimension_comes_with_the_dictionary_and_stays_until_another_is_said(
    segmentation: Segmentation,
) -> None:
    rows = csv_file(["msisdn", *TYPES], [number_of(1), 62.5, "true", "x"])
    said = {"arpu": "value", "mms": "terminal"}
    await segmentation.ended(await segmentation.upload(rows, TYPES, dimensions=said))
    assert await listed(segmentation) == {"arpu": "value", "mms": "terminal", "note": ""}
    # A later upload that says none leaves what was said; one that says another has its way.
    again = csv_file(["msisdn", *TYPES], [number_of(1), 70, "true", "y"])
    await segmentation.ended(await segmentation.upload(again, TYPES, dimensions={"note": "preference"}))
    assert await listed(segmentation) == {"arpu": "value", "mms": "terminal", "note": "preference"}


async def test_one_subscribers_attributes_say_their_dimensions(segmentation: Segmentation) -> None:
    rows = csv_file(["msisdn", *TYPES], [number_of(1), 62.5, "true", "x"])
    await segmentation.ended(await segmentation.upload(rows, TYPES, dimensions={"arpu": "value"}))
    seen = await invoke(segmentation.subscribers.GetSubscriber, subscriber_pb2.GetSubscriberRequest(subscriber_id=1))
    assert {value.name: value.dimension for value in seen.attributes} == {"arpu": "value", "mms": "", "note": ""}
