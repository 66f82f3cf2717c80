"""The optional parameters of USSD turns by tables: operations, session numbers, last turns, alphabets."""

import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.sessions.turn import TurnKind
from svc_channel.domain.smpp.errors import MalformedPdu
from svc_channel.domain.smpp.tlvs import ITS_SESSION_INFO, USSD_SERVICE_OP, Tlvs, decode_tlvs, encode_tlvs
from svc_channel.domain.smpp.ussd import UssdInfo, answer_tlvs, encode_screen, read_ussd, turn_tlvs

MEMORY_LIMIT = 20 * 1024 * 1024


@pytest.mark.parametrize(
    ("tlvs", "text", "expected"),
    [
        (((USSD_SERVICE_OP, b"\x01"), (ITS_SESSION_INFO, b"\x05\x00")), "*100#", UssdInfo(operation=1, session=5)),
        (((ITS_SESSION_INFO, b"\x05\x04"), (USSD_SERVICE_OP, b"\x12")), "1", UssdInfo(operation=18, session=5, sequence=2)),
        (((USSD_SERVICE_OP, b"\x12"), (ITS_SESSION_INFO, b"\x05\x05")), "", UssdInfo(operation=18, session=5, sequence=2, is_last=True)),
        ((), "*100#", UssdInfo(operation=1, is_numbered=False)),
        ((), "1", UssdInfo(operation=18, is_numbered=False)),
        (((USSD_SERVICE_OP, b"\x81"), (ITS_SESSION_INFO, b"\x05")), "", UssdInfo(operation=0x81, is_numbered=False)),
    ],
)  # fmt: skip
def test_a_turns_parameters_are_read(tlvs: Tlvs, text: str, expected: UssdInfo) -> None:
    assert read_ussd(tlvs, text=text) == expected


@pytest.mark.parametrize(
    ("operation", "is_last", "kind"),
    [
        (0, False, TurnKind.BEGIN),
        (1, False, TurnKind.BEGIN),
        (18, False, TurnKind.INPUT),
        (18, True, TurnKind.ABORT),
        (19, False, TurnKind.ABORT),
        (0x81, False, TurnKind.ABORT),
    ],
)
def test_operations_begin_answer_or_end(operation: int, is_last: bool, kind: TurnKind) -> None:
    assert UssdInfo(operation=operation, is_last=is_last).kind is kind


def test_an_answer_asks_or_ends_under_the_networks_number() -> None:
    info = UssdInfo(operation=1, session=200, sequence=127)
    assert answer_tlvs(info, ends=False) == ((USSD_SERVICE_OP, b"\x02"), (ITS_SESSION_INFO, b"\xc8\x00"))
    assert answer_tlvs(info, ends=True) == ((USSD_SERVICE_OP, b"\x11"), (ITS_SESSION_INFO, b"\xc8\x01"))
    assert answer_tlvs(UssdInfo(operation=1, is_numbered=False), ends=False) == ((USSD_SERVICE_OP, b"\x02"),)


@given(operation=st.integers(0, 255), session=st.integers(0, 255), sequence=st.integers(0, 127), is_last=st.booleans())
def test_what_a_network_writes_is_what_is_read(operation: int, session: int, sequence: int, is_last: bool) -> None:
    tlvs = turn_tlvs(operation, session=session, sequence=sequence, is_last=is_last)
    expected = UssdInfo(operation=operation, session=session, sequence=sequence, is_last=is_last)
    assert read_ussd(tlvs, text="") == expected


@given(octets=st.binary(max_size=6))
def test_no_octets_break_the_reading(octets: bytes) -> None:
    for tag in (USSD_SERVICE_OP, ITS_SESSION_INFO):
        read_ussd(((tag, octets),), text="")


def test_ten_thousand_random_and_cut_parameters_neither_crash_nor_fill_the_memory() -> None:
    chance = random.Random(20261122)
    sound = encode_tlvs((*turn_tlvs(18, session=5, sequence=2), (0x1400, b"vendor")))
    refused = 0
    tracemalloc.start()
    try:
        for turn in range(10_000):
            octets = bytearray(sound if turn % 2 else chance.randbytes(chance.randrange(64)))
            if turn % 2:
                octets[chance.randrange(len(octets))] = chance.randrange(256)
            try:
                tlvs = decode_tlvs(bytes(octets[: chance.randrange(len(octets) + 1)]), 0)
            except MalformedPdu:
                refused += 1
                continue
            info = read_ussd(tlvs, text="1")
            assert info.kind in TurnKind
            # Whatever came, the answer is one that can be written.
            encode_tlvs(answer_tlvs(info, ends=info.is_last))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 1_000 < refused < 9_000
    assert peak < MEMORY_LIMIT


def test_a_screen_takes_the_alphabet_that_holds_it() -> None:
    assert encode_screen("a€") == (0x0F, b"a\x1be")
    assert encode_screen("中") == (8, b"\x4e\x2d")
