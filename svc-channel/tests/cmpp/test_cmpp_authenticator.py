"""The authenticators, Msg_Id and names of results against fixed vectors."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.cmpp import results
from svc_channel.domain.cmpp.authenticator import (
    authenticate_ismg,
    authenticate_source,
    timestamp_of,
    verify_ismg,
)
from svc_channel.domain.cmpp.commands import VERSION_20, VERSION_30
from svc_channel.domain.cmpp.errors import MalformedPdu
from svc_channel.domain.cmpp.message_ids import MessageId, id_text

SOURCE = authenticate_source("900001", "888888", 1021080510)


def test_the_authenticator_is_that_of_an_independent_codec() -> None:
    assert SOURCE.hex() == "90d00c1d517abd0b4f65f6bcf8535d16"


def test_the_leading_zero_of_the_first_nine_months_stays_in_the_digest() -> None:
    january = timestamp_of(datetime(2026, 1, 21, 8, 5, 10))  # noqa: DTZ001 -- the wire's times are local
    assert january == 121080510
    # MD5 of 900001, nine zeros, 888888 and 0121080510, by coreutils.
    assert authenticate_source("900001", "888888", january).hex() == "56ac69334568ef84991cc149d0951cfd"


@pytest.mark.parametrize(
    ("version", "told_as", "is_taken"),
    [
        (VERSION_20, VERSION_20, True),
        (VERSION_20, VERSION_30, True),
        (VERSION_30, VERSION_30, True),
        (VERSION_30, VERSION_20, False),
    ],
)
def test_the_ismgs_answer_is_taken_in_both_widths_on_two_and_in_one_on_three(
    version: int, told_as: int, is_taken: bool
) -> None:
    told = authenticate_ismg(0, SOURCE, "888888", version=told_as)
    assert verify_ismg(told, 0, SOURCE, "888888", version=version) is is_taken
    assert not verify_ismg(told, 0, SOURCE, "888889", version=version)
    assert not verify_ismg(bytes(16), 0, SOURCE, "888888", version=version)


def test_a_message_id_packs_time_gateway_and_sequence() -> None:
    moment = datetime(2026, 11, 21, 21, 30, 0)  # noqa: DTZ001 -- the wire's times are local
    made = MessageId.at(moment, gateway=1234, sequence=7)
    assert made.number == 0xBAD5E00004D20007
    assert MessageId.of(0xBAD5E00004D20007) == made
    assert id_text(made.number) == "bad5e00004d20007"
    assert id_text(7) == "0000000000000007"


@given(number=st.integers(0, 2**64 - 1))
def test_any_sixty_four_bits_are_a_message_id_and_back(number: int) -> None:
    assert MessageId.of(number).number == number


def test_a_message_id_whose_field_has_too_few_bits_is_refused() -> None:
    with pytest.raises(MalformedPdu):
        MessageId.at(datetime(2026, 11, 21), gateway=1 << 22, sequence=0)  # noqa: DTZ001 -- the wire's times are local


def test_results_are_named_and_flow_control_is_eight() -> None:
    assert results.FLOW_CONTROL == 8
    assert results.result_name(8) == "FLOW_CONTROL"
    assert results.result_name(13) == "WRONG_DESTINATION"
    assert results.result_name(99) == "RESULT_99"
    assert results.connect_status_name(3) == "WRONG_SECRET"
    assert results.connect_status_name(77) == "STATUS_77"
