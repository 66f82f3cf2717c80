"""libwbxml's compiler and Wireshark's dissectors read and write what our push codecs do: no code is shared with us."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from svc_channel.domain.smpp import codec, pdus
from svc_channel.domain.text.segmentation import Segment
from svc_channel.domain.wap.indications import Indication, ServiceIndication, ServiceLoading, SignalAction
from svc_channel.domain.wap.port_segments import segment_push
from svc_channel.domain.wap.push_pdu import encode_push, push_of
from svc_channel.domain.wap.wbxml_reader import read_wbxml
from svc_channel.domain.wap.wbxml_writer import write_wbxml

from ..peers.dissector import capture_frames, run  # noqa: TID252 -- tests have no name to import by
from .wap_documents import indications, xml_of

pytestmark = pytest.mark.peers

OFFER = ServiceIndication(
    href="http://www.example.com/offer",
    text="You have 4 new offers",
    action=SignalAction.HIGH,
    si_id="1@example.com",
    created=datetime(2026, 11, 21, 12, tzinfo=UTC),
    expires=datetime(2026, 12, 31, tzinfo=UTC),
)


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    if shutil.which("xml2wbxml") is None or shutil.which("wbxml2xml") is None:
        pytest.skip("xml2wbxml is not installed (Debian: libwbxml2-utils)")
    return tmp_path


# One folder serves all examples: each writes its files anew.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(indication=indications)
def test_libwbxml_writes_the_same_octets_and_we_read_all_of_its(workshop: Path, indication: Indication) -> None:
    xml = workshop / "document.xml"
    xml.write_text(xml_of(indication), encoding="utf-8")
    plain, tabled = workshop / "plain.wbxml", workshop / "tabled.wbxml"
    run("xml2wbxml", "-v", "1.2", "-n", "-o", str(plain), str(xml))
    run("xml2wbxml", "-v", "1.2", "-o", str(tabled), str(xml))
    assert write_wbxml(indication) == plain.read_bytes()
    assert read_wbxml(plain.read_bytes()) == indication
    assert read_wbxml(tabled.read_bytes()) == indication


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(indication=indications)
def test_libwbxml_reads_what_we_write(workshop: Path, indication: Indication) -> None:
    ours, xml, again = workshop / "ours.wbxml", workshop / "ours.xml", workshop / "again.wbxml"
    ours.write_bytes(write_wbxml(indication))
    run("wbxml2xml", "-o", str(xml), str(ours))
    run("xml2wbxml", "-v", "1.2", "-n", "-o", str(again), str(xml))
    assert read_wbxml(again.read_bytes()) == indication


def test_tshark_reads_pushes_in_short_messages(tmp_path: Path) -> None:
    offer, loading = _dissect([_submit(OFFER), _submit(ServiceLoading(href=OFFER.href))], tmp_path)
    said = ('"wsp.header.content_type": "application/vnd.wap.sic"', "action='signal-high'", '"You have 4 new offers"')
    assert [phrase in offer for phrase in said] == [True, True, True]
    assert '"wsp.header.content_type": "application/vnd.wap.slc"' in loading
    assert "action='execute-low'" in loading
    for packet in (offer, loading):
        assert "href='http://www.'" in packet
        assert "alformed" not in packet


def test_tshark_joins_the_parts_of_a_long_push(tmp_path: Path) -> None:
    offer = ServiceIndication(href="http://www.example.com/tones/0001", text="试听彩铃" * 20, si_id="long")
    segments = segment_push(encode_push(push_of(offer, transaction=5)), reference=5)
    assert len(segments) == 3
    last = _dissect([_frame(segment) for segment in segments], tmp_path)[-1]
    assert '"wsp.header.content_type": "application/vnd.wap.sic"' in last
    assert "试听彩铃" * 20 in last
    assert "alformed" not in last


def _submit(indication: Indication) -> bytes:
    (segment,) = segment_push(encode_push(push_of(indication, transaction=1)), reference=1)
    return _frame(segment)


def _frame(segment: Segment) -> bytes:
    submit = pdus.SubmitSm(
        source="10086",
        destination="8613800138000",
        short_message=segment.short_message,
        data_coding=segment.data_coding,
        esm_class=segment.esm_class,
    )
    return codec.encode(submit, segment.number)


def _dissect(frames: list[bytes], folder: Path) -> list[str]:
    """Each frame as one TCP segment, and everything tshark says about it."""
    capture = capture_frames(frames, folder)
    options = ("-d", "tcp.port==2775,smpp", "-o", "gsm_sms_ud.try_dissect_1st_fragment:FALSE", "-T", "json")
    # As text: the same name stands many times in one object, and a parser of JSON would keep the last alone.
    return run("tshark", "-r", str(capture), *options).split('"_index"')[1:]
