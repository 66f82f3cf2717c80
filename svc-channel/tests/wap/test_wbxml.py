"""SI and SL as WBXML: pinned octets, what we write read back, and octets of nobody."""

import random
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.wap.errors import MalformedPush
from svc_channel.domain.wap.indications import (
    Indication,
    LoadAction,
    ServiceIndication,
    ServiceLoading,
    SignalAction,
)
from svc_channel.domain.wap.wbxml_reader import read_wbxml
from svc_channel.domain.wap.wbxml_writer import write_wbxml

from .wap_documents import indications

OFFER = ServiceIndication(
    href="http://www.example.com/offer",
    text="You have 4 new offers",
    action=SignalAction.HIGH,
    si_id="1@example.com",
    created=datetime(2026, 11, 21, 12, tzinfo=UTC),
    expires=datetime(2026, 12, 31, tzinfo=UTC),
)
# Two independent compilers (a push proxy's and libwbxml's) gave these octets for OFFER.
OFFER_OCTETS = bytes.fromhex(
    "02056a0045c60d036578616d706c650085036f6666657200110331406578616d706c652e636f6d00080ac305202611211210c3042026"
    "12310103596f7520686176652034206e6577206f6666657273000101"
)
LOADING = ServiceLoading(href="http://www.example.com/offer", action=LoadAction.LOW)
LOADING_OCTETS = bytes.fromhex("02066a00850a036578616d706c650085036f66666572000501")
NOWHERE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
MEMORY_LIMIT = 20 * 1024 * 1024


@pytest.mark.parametrize(("indication", "octets"), [(OFFER, OFFER_OCTETS), (LOADING, LOADING_OCTETS)])
def test_the_pinned_octets_are_written_and_read(indication: Indication, octets: bytes) -> None:
    assert write_wbxml(indication) == octets
    assert read_wbxml(octets) == indication


@given(indications)
def test_what_is_written_reads_back_the_same(indication: Indication) -> None:
    assert read_wbxml(write_wbxml(indication)) == indication


def test_a_moment_is_written_in_utc_without_trailing_zeros() -> None:
    china = timezone(timedelta(hours=8))
    offer = ServiceIndication(href="http://a.cn/", text="x", created=datetime(2026, 11, 22, 8, 0, tzinfo=china))
    assert bytes.fromhex("0ac30420261122") in write_wbxml(offer)
    read = read_wbxml(write_wbxml(offer))
    assert isinstance(read, ServiceIndication)
    assert read.created == datetime(2026, 11, 22, tzinfo=UTC)


def test_strings_of_a_string_table_and_entities_are_read() -> None:
    table = b"example\0hi\0"
    document = bytes.fromhex("02056a") + bytes((len(table),)) + table
    # href by the table's first string, then ".com/"; the text by its second, then an entity.
    document += bytes.fromhex("45c60d83008501830802210101")
    read = read_wbxml(document)
    assert read == ServiceIndication(href="http://www.example.com/", text="hi!")


BROKEN: dict[str, tuple[bytes, str]] = {
    "no octets": (b"", "PUSH_TRUNCATED"),
    "a version of nobody": (b"\x09" + OFFER_OCTETS[1:], "WBXML_VERSION"),
    "another document": (b"\x02\x04" + OFFER_OCTETS[2:], "WBXML_DOCUMENT"),
    "another charset": (b"\x02\x05\x05" + OFFER_OCTETS[3:], "WBXML_CHARSET"),
    "a string table past the end": (b"\x02\x05\x6a\x7f" + OFFER_OCTETS[4:], "PUSH_TRUNCATED"),
    "an endless number": (b"\x02" + b"\xff" * 6, "PUSH_NUMBER"),
    "a cut end": (OFFER_OCTETS[:-1], "PUSH_TRUNCATED"),
    "octets after the end": (OFFER_OCTETS + b"\0", "WBXML_TRAILING"),
    "an attribute twice": (bytes.fromhex("02066a0085080378000803780001"), "WBXML_ATTRIBUTE_TWICE"),
    "a value before any attribute": (bytes.fromhex("02066a0085850801"), "WBXML_ATTRIBUTE"),
    "an action of nobody": (bytes.fromhex("02066a00850903782e636e000503780001"), "WBXML_ACTION"),
    "a day of nobody": (OFFER_OCTETS.replace(bytes.fromhex("20261231"), bytes.fromhex("20261331")), "WBXML_MOMENT"),
    "digits that are none": (
        OFFER_OCTETS.replace(bytes.fromhex("20261231"), bytes.fromhex("202612fa")),
        "WBXML_MOMENT",
    ),
    "a link that is none": (bytes.fromhex("02066a00850803780001"), "PUSH_HREF"),
    "half a character": (OFFER_OCTETS.replace(b"You", b"\xe5\xbd\x00"), "WBXML_CHARACTERS"),
    "a reference past the table": (bytes.fromhex("02066a0085088305050101"), "WBXML_STRING_TABLE"),
    "too long": (OFFER_OCTETS + bytes(5000), "WBXML_TOO_LONG"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_document_is_refused_with_its_reason(case: str) -> None:
    octets, reason = BROKEN[case]
    with pytest.raises(MalformedPush) as refused:
        read_wbxml(octets)
    assert refused.value.reason == reason


def test_ten_thousand_random_and_cut_documents_neither_crash_nor_fill_the_memory() -> None:
    chance = random.Random(20261122)
    tracemalloc.start()
    refused = 0
    try:
        for _ in range(10_000):
            octets = bytearray(chance.choice((OFFER_OCTETS, LOADING_OCTETS)))
            if chance.random() < 0.3:
                octets = bytearray(chance.randbytes(chance.randrange(200)))
            for _ in range(chance.randrange(4)):
                if octets:
                    octets[chance.randrange(len(octets))] = chance.randrange(256)
            try:
                read_wbxml(bytes(octets[: chance.randrange(len(octets) + 1)]))
            except MalformedPush:
                refused += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused > 9_000
    assert peak < MEMORY_LIMIT


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no link": ({"href": ""}, "PUSH_HREF"),
    "a link of another kind": ({"href": "javascript:alert(1)"}, "PUSH_HREF"),
    "a link with a blank": ({"href": "http://a.cn/ b"}, "PUSH_HREF"),
    "a link too long": ({"href": "http://a.cn/" + "x" * 512}, "PUSH_HREF"),
    "no text": ({"text": " "}, "PUSH_TEXT"),
    "a text with NUL": ({"text": "a\0b"}, "PUSH_TEXT"),
    "a text with half a pair": ({"text": "a\ud83c"}, "PUSH_TEXT"),
    "a text too long": ({"text": "x" * 513}, "PUSH_TEXT"),
    "a deletion of nothing": ({"action": SignalAction.DELETE}, "PUSH_SI_ID"),
    "a moment of nowhere": ({"created": NOWHERE}, "PUSH_MOMENT"),
    "a moment too fine": ({"expires": datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)}, "PUSH_MOMENT"),
    "an end before its begin": (
        {"created": datetime(2026, 1, 2, tzinfo=UTC), "expires": datetime(2026, 1, 1, tzinfo=UTC)},
        "PUSH_EXPIRES_BEFORE_CREATED",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_indication_that_is_wrong_is_refused_with_its_reason(case: str) -> None:
    changes, reason = REFUSED[case]
    with pytest.raises(InvalidInput) as refused:
        ServiceIndication(**{"href": "http://a.cn/1", "text": "hello", **changes})
    assert refused.value.reason == reason
