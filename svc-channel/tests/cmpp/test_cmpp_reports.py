"""Status reports of both versions, written and read; must not open a connection."""

import struct

import pytest

from svc_channel.domain.cmpp.commands import VERSION_20 as V2
from svc_channel.domain.cmpp.commands import VERSION_30 as V3
from svc_channel.domain.cmpp.errors import MalformedPdu
from svc_channel.domain.cmpp.reports import Report, parse_report, render_report


@pytest.mark.parametrize(("version", "size"), [(V2, 60), (V3, 71)])
def test_a_report_has_the_size_of_its_version_and_is_read_by_it(version: int, size: int) -> None:
    report = Report(
        message_id=0xBAD5E00004D20007,
        stat="UNDELIV",
        destination="8613800138000",
        submitted="2611212130",
        done="2611212131",
        smsc_sequence=9,
    )
    content = render_report(report, version=version)
    assert len(content) == size
    assert content[:15] == bytes.fromhex("bad5e00004d20007") + b"UNDELIV"
    assert parse_report(content) == report


@pytest.mark.parametrize("content", [b"", b"x" * 59, bytes(60), b"\xff" * 71])
def test_a_report_that_says_no_state_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedPdu) as refused:
        parse_report(content)
    assert refused.value.reason == "REPORT_UNREADABLE"


def test_a_report_padded_with_blanks_and_in_small_letters_is_read() -> None:
    content = struct.pack("!Q7s10s10s21sI", 1, b"delivrd", b"2611212130", b"2611212130", b"13800138000".ljust(21), 0)
    read = parse_report(content)
    assert (read.stat, read.destination, read.is_final) == ("DELIVRD", "13800138000", True)
    assert not Report(message_id=1, stat="ACCEPTD", destination="1").is_final
