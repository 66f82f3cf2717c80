"""Delivery receipts as SMSCs write them: parameters, text, both, neither."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.smpp.message_ids import alternative_ids, normalise_id
from svc_channel.domain.smpp.pdus import ESM_RECEIPT, DeliverSm
from svc_channel.domain.smpp.receipts import (
    MessageState,
    Receipt,
    UnreadableReceipt,
    parse_outcome,
    parse_receipt,
    render_receipt,
)
from svc_channel.domain.smpp.tlvs import MESSAGE_PAYLOAD, MESSAGE_STATE, NETWORK_ERROR_CODE, RECEIPTED_MESSAGE_ID, Tlvs

TEXT = (
    b"id:IIIII sub:001 dlvrd:001 submit date:0610191528 done date:0610191529 stat:DELIVRD err:034 text:Hello id:other"
)


def receipt(text: bytes = b"", tlvs: Tlvs = ()) -> DeliverSm:
    return DeliverSm(source="8613800138000", destination="10086", esm_class=ESM_RECEIPT, short_message=text, tlvs=tlvs)


def test_the_text_of_the_specification_is_read() -> None:
    read = parse_receipt(receipt(TEXT))
    assert read == Receipt(
        message_id="IIIII",
        state=MessageState.DELIVERED,
        error_code="034",
        submitted_at=datetime(2006, 10, 19, 15, 28, tzinfo=UTC),
        done_at=datetime(2006, 10, 19, 15, 29, tzinfo=UTC),
        text="Hello id:other",
    )


@pytest.mark.parametrize(
    ("stat", "state", "final"),
    [
        ("DELIVRD", MessageState.DELIVERED, True),
        ("EXPIRED", MessageState.EXPIRED, True),
        ("DELETED", MessageState.DELETED, True),
        ("UNDELIV", MessageState.UNDELIVERABLE, True),
        ("ACCEPTD", MessageState.ACCEPTED, False),
        ("UNKNOWN", MessageState.UNKNOWN, True),
        ("REJECTD", MessageState.REJECTED, True),
        ("ENROUTE", MessageState.ENROUTE, False),
        ("delivrd", MessageState.DELIVERED, True),
    ],
)
def test_every_stat_is_read_and_says_whether_it_is_the_end(stat: str, state: MessageState, final: bool) -> None:
    read = parse_receipt(receipt(f"id:1 stat:{stat} err:000".encode()))
    assert (read.state, read.is_final, read.is_delivered) == (state, final, state == 2)


def test_parameters_are_preferred_to_the_text() -> None:
    tlvs = ((RECEIPTED_MESSAGE_ID, b"42\0"), (MESSAGE_STATE, b"\x05"), (NETWORK_ERROR_CODE, b"\x03\x00\x0b"))
    read = parse_receipt(receipt(TEXT, tlvs))
    assert (read.message_id, read.state, read.error_code) == ("42", MessageState.UNDELIVERABLE, "011")


@pytest.mark.parametrize("state", [b"", b"\x00", b"\x09", b"\x02\x02"])
def test_a_parameter_without_a_known_state_leaves_the_word_to_the_text(state: bytes) -> None:
    assert parse_receipt(receipt(TEXT, ((MESSAGE_STATE, state),))).state == MessageState.DELIVERED


def test_the_parameters_alone_are_enough_and_the_text_may_travel_as_payload() -> None:
    tlvs: Tlvs = ((RECEIPTED_MESSAGE_ID, b"42"), (MESSAGE_STATE, b"\x02"))
    assert parse_receipt(receipt(b"", tlvs)).message_id == "42"
    assert parse_receipt(receipt(b"", ((MESSAGE_PAYLOAD, TEXT),))).message_id == "IIIII"


def test_dates_are_local_times_of_the_smsc_and_may_have_seconds() -> None:
    china = timezone(timedelta(hours=8))
    read = parse_receipt(receipt(b"id:1 submit date:2611212130 done date:261121213059 stat:DELIVRD"), zone=china)
    assert read.submitted_at == datetime(2026, 11, 21, 13, 30, tzinfo=UTC)
    assert read.done_at == datetime(2026, 11, 21, 13, 30, 59, tzinfo=UTC)


@pytest.mark.parametrize("date", ["0000000000", "2613011200", "26112112", "x"])
def test_a_date_that_is_none_does_not_lose_the_receipt(date: str) -> None:
    assert parse_receipt(receipt(f"id:1 done date:{date} stat:DELIVRD".encode())).done_at is None


@pytest.mark.parametrize("text", [b"", b"hello", b"id:1", b"stat:DELIVRD", b"id:1 stat:PERHAPS", b"id: stat:"])
def test_a_receipt_that_names_no_message_or_no_state_is_refused(text: bytes) -> None:
    with pytest.raises(UnreadableReceipt) as refused:
        parse_receipt(receipt(text))
    assert refused.value.reason == "RECEIPT_UNREADABLE"


@given(
    message_id=st.text("0123456789abcdef-", min_size=1, max_size=64),
    state=st.sampled_from(MessageState),
    error=st.integers(0, 999),
    text=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
)
def test_a_rendered_receipt_is_read_as_the_same(message_id: str, state: MessageState, error: int, text: str) -> None:
    moment = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
    told = Receipt(
        message_id=message_id, state=state, error_code=f"{error:03d}", submitted_at=moment, done_at=moment, text=text
    )
    rendered = render_receipt(told, source="8613800138000", destination="10086")
    assert rendered.is_receipt
    assert parse_receipt(rendered) == told
    without_parameters = receipt(rendered.short_message)
    assert parse_receipt(without_parameters) == told


@pytest.mark.parametrize(
    ("raw", "normal"), [("0000000042", "42"), ("10C8F40D", "10c8f40d"), (" 7 ", "7"), ("000", "0"), ("", "0")]
)
def test_an_id_is_normalised(raw: str, normal: str) -> None:
    assert normalise_id(raw) == normal


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("39f99dd5", "972660181"),  # Jasmin issue 1034
        ("972660181", "39f99dd5"),
        ("10C8F40D", "281605133"),  # Jasmin issue 535
        ("281605133", "10c8f40d"),
    ],
)
def test_an_id_told_in_the_other_base_is_among_the_alternatives(raw: str, expected: str) -> None:
    assert expected in alternative_ids(raw)


@pytest.mark.parametrize("raw", ["018f-77aa", "z1", "1" * 21, "7"])
def test_an_id_that_is_no_number_or_the_same_in_both_bases_has_no_alternative(raw: str) -> None:
    assert alternative_ids(raw) == ()


@given(number=st.integers(0, 2**64 - 1))
def test_both_bases_of_any_number_lead_to_one_another(number: int) -> None:
    decimal, hexadecimal = str(number), f"{number:X}"
    assert normalise_id(hexadecimal) in {normalise_id(decimal), *alternative_ids(decimal)}
    assert normalise_id(decimal) in {normalise_id(hexadecimal), *alternative_ids(hexadecimal)}


TEXTS = st.one_of(
    st.sampled_from(
        [b"", b"hello", b"id:1", b"stat:DELIVRD", b"id:7 stat:EXPIRED", b"id:7 stat:PERHAPS", b"id: stat:"]
    ),
    st.binary(max_size=60),
)
STATE_PARAMETERS = st.one_of(st.none(), st.sampled_from([b"", b"\x00", b"\x02", b"\x08", b"\x09", b"\x02\x02"]))
ID_PARAMETERS = st.one_of(st.none(), st.sampled_from([b"", b"\0", b"abc\0", b"0042", b"\xff\0"]))


@given(text=TEXTS, state=STATE_PARAMETERS, message_id=ID_PARAMETERS)
def test_the_short_reading_says_what_the_whole_one_says(
    text: bytes, state: bytes | None, message_id: bytes | None
) -> None:
    told = ((MESSAGE_STATE, state), (RECEIPTED_MESSAGE_ID, message_id))
    tlvs = tuple((tag, value) for tag, value in told if value is not None)
    message = DeliverSm(source="1", destination="2", esm_class=0x04, short_message=text, tlvs=tlvs)
    try:
        whole = parse_receipt(message)
    except UnreadableReceipt:
        with pytest.raises(UnreadableReceipt):
            parse_outcome(message)
    else:
        assert parse_outcome(message) == (whole.message_id, whole.state)
