"""What subscribers' handsets can show, for many in one question over real gRPC (SEG-09)."""

from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon.segment.v1 import handset_pb2, handset_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary
from svc_segment.domain.handset_capabilities import SENSIBLE_NUMBERS, HandsetCapabilities, known_attributes

from .conftest import Served
from .segmentation import csv_file, number_of

TERMINAL = {
    "supports_mms": "boolean",
    "supports_gprs": "boolean",
    "mms_octets": "integer",
    "picture_width": "integer",
    "picture_height": "integer",
    "picture_types": "text",
}
HEADER = ["msisdn", *TERMINAL]


async def described(channel: grpc.aio.Channel, ids: list[int]) -> list[handset_pb2.Handset]:
    request = handset_pb2.DescribeHandsetsRequest(subscriber_ids=ids)
    answer = await invoke(handset_pb2_grpc.HandsetServiceStub(channel).DescribeHandsets, request)
    return sorted(answer.handsets, key=lambda one: one.subscriber_ids[0])


async def test_handsets_alike_stand_together_and_what_nobody_knows_is_absent(served: Served) -> None:
    rows: list[list[Any]] = [
        [number_of(1), "true", "false", 102400, 640, 480, "image/jpeg, IMAGE/GIF"],
        [number_of(2), "true", "false", 102400, 640, 480, "image/gif,image/jpeg"],
        [number_of(3), "false", "", "", "", "", ""],
        [number_of(4), "", "", "", "", "", ""],
        [number_of(5), "true", "", -7, 0, "", " , "],
    ]
    await served.segmentation.load(csv_file(HEADER, *rows), TERMINAL)
    both, simple, broken = await described(served.channel, [5, 4, 3, 2, 1, 99])
    assert both == handset_pb2.Handset(
        subscriber_ids=[1, 2],
        mms=True,
        wap_push=False,
        mms_octets=102400,
        picture_width=640,
        picture_height=480,
        picture_types=["image/gif", "image/jpeg"],
    )
    assert simple == handset_pb2.Handset(subscriber_ids=[3], mms=False)
    # Numbers that no handset has are mistakes, and tell nothing.
    assert broken == handset_pb2.Handset(subscriber_ids=[5], mms=True)


async def test_before_the_first_snapshot_and_without_terminal_data_no_handset_is_known(served: Served) -> None:
    assert await described(served.channel, [1]) == []
    await served.segmentation.load(csv_file(["msisdn", "brand"], [number_of(1), "M-Zone"]), {"brand": "text"})
    assert await described(served.channel, [1]) == []


@pytest.mark.parametrize("ids", [[], [0], list(range(1, 10_002))])
async def test_a_question_of_nobody_or_of_too_many_is_refused_by_shape(served: Served, ids: list[int]) -> None:
    with pytest.raises(InvalidInput) as refused:
        await described(served.channel, ids)
    assert refused.value.reason == "SHAPE"


def test_an_attribute_of_another_type_is_not_asked_for() -> None:
    wanted = {
        "mms": Attribute(name="supports_mms", type=AttributeType.BOOLEAN),
        "mms_octets": Attribute(name="mms_octets", type=AttributeType.INTEGER),
    }
    dictionary = Dictionary([wanted["mms"], Attribute(name="mms_octets", type=AttributeType.TEXT)])
    assert known_attributes(wanted, dictionary) == {"mms": "supports_mms"}


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40))


@given(st.fixed_dictionaries(dict.fromkeys(("mms", "wap_push", "mms_octets", "picture_types"), VALUES)))
def test_whatever_the_data_hold_a_handset_is_sensible(values: dict[str, Any]) -> None:
    handset = HandsetCapabilities.of(values)
    assert handset.mms is None or handset.mms is values["mms"]
    assert handset.mms_octets is None or handset.mms_octets in SENSIBLE_NUMBERS
    assert all(one == one.strip() and one for one in handset.picture_types)
