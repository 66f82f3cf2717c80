"""Pictures chosen by what a handset shows: their sizes read, limits known or not, and both written beside a content."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.handset import UNKNOWN_HANDSET, Handset
from svc_channel.domain.mms.content import MmsContent, address_content, read_addressed, read_content, write_content
from svc_channel.domain.mms.pictures import picture_size
from svc_channel.domain.mms.resources import MESSAGE_LIMIT, HandsetLimits, Rendition, adapt

LINE = HandsetLimits(octets=50 * 1024)


def jpeg(width: int, height: int, octets: int = 0, *, before: bytes = b"") -> bytes:
    """The head of a JPEG: SOI, APP0, a quantisation table, then the frame; filled up to so many octets."""
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    table = b"\xff\xdb" + struct.pack(">H", 67) + bytes(65)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return (b"\xff\xd8" + app0 + before + table + frame).ljust(octets, b"\0")


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\2\0\0\0"


@pytest.mark.parametrize(
    ("octets", "size"),
    [
        (jpeg(640, 480), (640, 480)),
        (jpeg(640, 480, before=b"\xff\xff\xd0\xff\xc4" + struct.pack(">H", 4) + b"\0\0"), (640, 480)),
        (gif(160, 120), (160, 120)),
        (png(1, 65_536), (1, 65_536)),
        (jpeg(0, 480), None),
        (jpeg(640, 480)[:90], None),
        (gif(160, 120)[:9], None),
        (png(1, 2)[:20], None),
        (b"BM", None),
        (bytes(60), None),
    ],
)
def test_a_picture_says_its_size_where_it_is_whole(octets: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(octets) == size


@given(st.sampled_from([b"", b"\xff\xd8", b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n"]), st.binary(max_size=200))
def test_octets_of_any_kind_are_read_to_an_end(head: bytes, rest: bytes) -> None:
    size = picture_size(head + rest)
    assert size is None or min(size) > 0


def rendition(octets: bytes, media_type: str = "image/jpeg") -> Rendition:
    return Rendition(resource="r", slot=1, media_type=media_type, octets=octets)


LARGE, SMALL = rendition(jpeg(640, 480, 40 * 1024)), rendition(jpeg(160, 120, 8 * 1024))
TINY = rendition(gif(160, 120), "image/gif")
ALL = (LARGE, SMALL, TINY)


@pytest.mark.parametrize(
    ("handset", "shown"),
    [
        (UNKNOWN_HANDSET, LARGE),
        (Handset(mms=True), LARGE),
        (Handset(mms_octets=100 * 1024), LARGE),
        (Handset(mms_octets=30 * 1024), SMALL),
        (Handset(picture_width=639), SMALL),
        (Handset(picture_height=479), SMALL),
        (Handset(picture_width=640, picture_height=480), LARGE),
        (Handset(picture_types=frozenset({"image/gif"})), TINY),
    ],
)
def test_a_handset_is_shown_the_largest_picture_that_it_takes(handset: Handset, shown: Rendition) -> None:
    assert adapt(ALL, LINE.of(handset)) == (shown,)


def test_what_fits_no_handset_is_refused_with_its_reason() -> None:
    for renditions, handset, reason in (
        ([LARGE], Handset(picture_width=160), "MMS_EMPTY"),
        ([LARGE, SMALL], Handset(picture_types=frozenset({"image/png"})), "MMS_EMPTY"),
        ([SMALL], Handset(mms_octets=9 * 1024), "MMS_TOO_LARGE"),
    ):
        with pytest.raises(InvalidInput) as refused:
            adapt(renditions, LINE.of(handset))
        assert refused.value.reason == reason


def test_no_handset_takes_more_than_the_network_carries_and_a_text_takes_room_of_the_pictures() -> None:
    assert LINE.of(Handset(mms_octets=10**9)).octets == MESSAGE_LIMIT
    limits = HandsetLimits(octets=43 * 1024)
    assert adapt(ALL, limits) == (LARGE,)
    assert adapt(ALL, limits, text="铃" * 700) == (SMALL,)


KNOWN = Handset(
    mms_octets=30 * 1024, picture_width=160, picture_height=120, picture_types=frozenset({"image/gif", "image/png"})
)


def test_the_limits_of_a_handset_stand_beside_a_content_and_read_back() -> None:
    content = MmsContent(resource="tones", subject="彩铃")
    octets = write_content(content)
    for handset in (KNOWN, Handset(picture_width=160), UNKNOWN_HANDSET):
        assert read_addressed(address_content(octets, handset)) == (content, handset)
    assert address_content(octets, Handset(mms=True, wap_push=False)) == octets


def test_nobody_but_the_intake_says_what_a_handset_takes() -> None:
    addressed = address_content(write_content(MmsContent(resource="tones")), KNOWN)
    with pytest.raises(InvalidInput, match="MMS_CONTENT"):
        read_content(addressed)
    wrong: object
    for wrong in ("x", 1, [], {"size": 1}, {"picture_types": 1}):
        with pytest.raises(InvalidInput, match="MMS_CONTENT"):
            read_addressed(json.dumps({"resource": "tones", "handset": wrong}).encode())
