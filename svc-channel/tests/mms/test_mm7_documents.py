"""MM7 written and read: submissions, answers, reports, subscribers' messages, codes, and documents of nobody."""

import random
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.mm7.codes import answer_of
from svc_channel.domain.mm7.envelope import SCHEMAS, Envelope, Release, read_envelope
from svc_channel.domain.mm7.reports import (
    PART_STATES,
    MmStatus,
    Report,
    SubscriberMessage,
    read_report,
    read_subscriber_message,
    write_report,
    write_subscriber_message,
)
from svc_channel.domain.mm7.submissions import (
    Submission,
    SubmitAnswer,
    mm7_type_of,
    read_answer,
    read_submission,
    write_answer,
    write_submission,
)
from svc_channel.domain.mms.content import MmsContent, read_content, slide_show, write_content
from svc_channel.domain.mms.resources import HandsetLimits, Rendition, adapt
from svc_channel.domain.multipart import read_multipart
from svc_channel.domain.submission import Answer
from svc_channel.domain.xml_documents import MalformedDocument

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RELEASE = Release()
OLD = Release(namespace=f"{SCHEMAS}REL-5-MM7-1-0", version="5.3.0")
TEXT_XML = 'text/xml; charset="utf-8"'
# Octets that look like a boundary, an end of line and nothing.
PICTURE = Rendition(resource="tones", slot=2, media_type="image/jpeg", octets=b"\r\n--carillon\x00\xff\r\n\r\n")
SHOW = slide_show([PICTURE], text="试听 <彩铃>")
SUBMISSION = Submission(
    transaction="42",
    vasp_id="carillon",
    vas_id="tones",
    sender="10086",
    msisdn="+8613800138000",
    subject="彩铃 & more",
    content=SHOW,
    at=NOON,
)
BODY = write_submission(SUBMISSION, RELEASE)
MEMORY_LIMIT = 20 * 1024 * 1024


@pytest.mark.parametrize("release", [RELEASE, OLD])
def test_a_submission_reads_back_in_each_release(release: Release) -> None:
    body = write_submission(SUBMISSION, release)
    envelope = read_envelope(mm7_type_of(body), body)
    assert (envelope.namespace, envelope.version) == (release.namespace, release.version)
    read = read_submission(envelope)
    assert (read.transaction, read.vasp_id, read.vas_id, read.sender) == ("42", "carillon", "tones", "10086")
    assert (read.msisdn, read.subject, read.at, read.wants_read_report) == ("+8613800138000", "彩铃 & more", NOON, True)
    assert read.content.body == SHOW.body


def test_the_fields_of_a_submission_stand_in_the_order_of_the_schema() -> None:
    envelope = read_envelope(mm7_type_of(BODY), BODY)
    assert [one.tag.rpartition("}")[2] for one in envelope.body] == [
        "MM7Version",
        "SenderIdentification",
        "Recipients",
        "MessageClass",
        "TimeStamp",
        "DeliveryReport",
        "ReadReply",
        "Priority",
        "Subject",
        "Content",
    ]
    assert b'env:mustUnderstand="1"' in BODY


def test_a_slide_show_has_smil_first_and_its_slides_as_they_are() -> None:
    parts = read_multipart(SHOW.content_type, SHOW.body)
    assert [part.media_type for part in parts] == ["application/smil", "text/plain", "image/jpeg"]
    assert (parts[1].body.decode(), parts[2].body) == ("试听 <彩铃>", PICTURE.octets)
    smil = parts[0].body.decode()
    assert smil.index('<text src="text.txt" region="Text"/>') < smil.index('<img src="slide2.jpg" region="Image"/>')


def test_answers_read_back_alone_and_out_of_a_fault() -> None:
    answer = SubmitAnswer(transaction="42", code=1000, text="Success", message_id="m-1")
    assert read_answer(read_envelope(TEXT_XML, write_answer(answer, RELEASE))) == answer
    refused = SubmitAnswer(transaction="42", code=4001, text="who?")
    document = write_answer(refused, RELEASE, kind="RSErrorRsp")
    start, end = document.index(b"<RSErrorRsp"), document.index(b"</env:Body>")
    fault = b"<env:Fault><faultcode>env:Client</faultcode><detail>" + document[start:end] + b"</detail></env:Fault>"
    assert read_answer(read_envelope(TEXT_XML, document[:start] + fault + document[end:])) == refused


def test_reports_read_back() -> None:
    for status in MmStatus:
        report = Report(transaction="7", message_id="m-1", msisdn="+8613800138000", status=status, at=NOON)
        assert read_report(read_envelope(TEXT_XML, write_report(report, OLD, sender="10086"))) == report
    assert set(MmStatus) - set(PART_STATES) == {MmStatus.READ, MmStatus.DELETED}


def test_the_texts_of_a_subscriber_s_message_are_kept_with_its_subject() -> None:
    message = SubscriberMessage(transaction="8", sender="+8613800138000", recipient="10086", text="vote", at=NOON)
    body = write_subscriber_message(message, RELEASE, slide_show([PICTURE], text="歌手一"))
    read = read_subscriber_message(read_envelope(mm7_type_of(body), body))
    assert (read.sender, read.recipient, read.text, read.at) == ("+8613800138000", "10086", "vote\n歌手一", NOON)


REPORT = write_report(
    Report(transaction="7", message_id="m-1", msisdn="+8613800138000", status=MmStatus.RETRIEVED, at=NOON),
    RELEASE,
    sender="10086",
)
BROKEN_REPORTS = {
    "nothing": (b"", "XML_BROKEN"),
    "no envelope": (b"<a/>", "MM7_ENVELOPE"),
    "entities": (b'<!DOCTYPE a [<!ENTITY b "c">]>' + REPORT[REPORT.index(b"<env") :], "XML_FORBIDDEN"),
    "a namespace of nobody": (REPORT.replace(b"23.140", b"23.141"), "MM7_NAMESPACE"),
    "no transaction": (REPORT.replace(b">7<", b"><"), "MM7_ENVELOPE"),
    "no message": (REPORT.replace(b"m-1", b""), "MM7_REPORT"),
    "a status of nobody": (REPORT.replace(b"Retrieved", b"Eaten"), "MM7_REPORT"),
    "a status of the other report": (REPORT.replace(b"Retrieved", b"Read"), "MM7_REPORT"),
    "a number of nobody": (REPORT.replace(b"+8613800138000", b"user@example.com"), "MM7_NUMBER"),
    "a time of nowhere": (REPORT.replace(b"12:00:00Z", b"12:00:00"), "MM7_MOMENT"),
    "a time of nobody": (REPORT.replace(b"12:00:00Z", b"noon"), "MM7_MOMENT"),
}


@pytest.mark.parametrize("case", BROKEN_REPORTS)
def test_a_broken_report_is_refused_with_its_reason(case: str) -> None:
    document, reason = BROKEN_REPORTS[case]
    with pytest.raises(MalformedDocument) as refused:
        read_report(read_envelope(TEXT_XML, document))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("multipart/related; boundary=x", BODY, "MM7_BODY"),
        (mm7_type_of(BODY), BODY[:-20], "MM7_BODY"),
        (mm7_type_of(BODY), BODY.replace(b"cid:content", b"cid:other"), "MM7_SUBMIT"),
        (mm7_type_of(BODY), BODY.replace(b"SubmitReq", b"SubmitRes"), "MM7_SUBMIT"),
        (TEXT_XML, b" " * (1024 * 1024 + 1), "MM7_BODY"),
    ],
)
def test_a_broken_submission_is_refused_with_its_reason(content_type: str, body: bytes, reason: str) -> None:
    with pytest.raises(MalformedDocument) as refused:
        read_submission(read_envelope(content_type, body))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (Answer.ACCEPTED, (1000, 1100)),
        (Answer.TRANSIENT, (3000, 3001, 3002, 3003, 3005, 4000, 4005, 4006)),
        (Answer.REFUSED, (2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 4001, 4002, 4003, 4004, 4007, 0, 9999)),
    ],
)
def test_each_code_means_one_thing(answer: Answer, codes: tuple[int, ...]) -> None:
    assert {answer_of(code) for code in codes} == {answer}


def test_ten_thousand_random_and_cut_documents_neither_crash_nor_fill_the_memory() -> None:
    chance = random.Random(20261122)
    content_type = mm7_type_of(BODY)
    tracemalloc.start()
    refused = 0
    try:
        for turn in range(10_000):
            octets = bytearray(BODY if turn % 2 else REPORT)
            for _ in range(1 + chance.randrange(4)):
                octets[chance.randrange(len(octets))] = chance.randrange(256)
            document = bytes(octets[: chance.randrange(len(octets) + 1)])
            try:
                envelope: Envelope = read_envelope(content_type if turn % 2 else TEXT_XML, document)
                read_submission(envelope) if turn % 2 else read_report(envelope)
            except MalformedDocument:
                refused += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused > 9_000
    assert peak < MEMORY_LIMIT


def rendition(slot: int, kilobytes: int, media_type: str = "image/jpeg") -> Rendition:
    return Rendition(resource="r", slot=slot, media_type=media_type, octets=bytes(kilobytes * 1024))


ALL = (rendition(1, 90), rendition(1, 40), rendition(1, 10, "image/gif"), rendition(2, 60), rendition(2, 20))
TEXT = Rendition(resource="r", slot=3, media_type="text/plain", octets="彩铃".encode())


@pytest.mark.parametrize(
    ("kilobytes", "types", "kept"),
    [
        (300, {"image/jpeg", "image/gif"}, [90, 60]),
        (120, {"image/jpeg", "image/gif"}, [40, 60]),
        (100, {"image/jpeg"}, [40, 20]),
        (40, {"image/jpeg", "image/gif"}, [10, 20]),
        (40, {"image/gif"}, [10]),
    ],
)
def test_the_largest_renditions_that_fit_together_are_sent(kilobytes: int, types: set[str], kept: list[int]) -> None:
    limits = HandsetLimits(octets=kilobytes * 1024, image_types=frozenset(types))
    assert [len(one.octets) // 1024 for one in adapt(ALL, limits)] == kept


def test_texts_go_to_every_handset_and_what_fits_none_is_refused() -> None:
    blind = HandsetLimits(octets=30 * 1024, image_types=frozenset())
    assert adapt([*ALL, TEXT], blind) == (TEXT,)
    for renditions, limits, reason in (
        ([], HandsetLimits(), "MMS_EMPTY"),
        (ALL, blind, "MMS_EMPTY"),
        ([rendition(1, 28), rendition(2, 28)], HandsetLimits(octets=30 * 1024), "MMS_TOO_LARGE"),
    ):
        with pytest.raises(InvalidInput) as refused:
            adapt(renditions, limits)
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"resource": "../x"}, "RESOURCE_ID"),
        ({"slot": 0}, "RESOURCE_SLOT"),
        ({"slot": 21}, "RESOURCE_SLOT"),
        ({"media_type": "text/html"}, "RESOURCE_TYPE"),
        ({"octets": b""}, "RESOURCE_SIZE"),
        ({"octets": bytes(300 * 1024 + 1)}, "RESOURCE_SIZE"),
        ({"media_type": "text/plain", "octets": b"\xff"}, "RESOURCE_TEXT"),
    ],
)
def test_a_rendition_that_is_wrong_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Rendition(**{"resource": "r", "slot": 1, "media_type": "image/gif", "octets": b"x", **changes})
    assert refused.value.reason == reason


def test_content_reads_back() -> None:
    content = MmsContent(resource="tones-2026", subject="彩铃")
    assert read_content(write_content(content)) == content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "MMS_CONTENT"),
        (b"[]", "MMS_CONTENT"),
        (b'{"resource": 1}', "MMS_CONTENT"),
        (b'{"resource": "a", "x": ""}', "MMS_CONTENT"),
        (b" " * 5000, "MMS_CONTENT"),
        (b'{"subject": "x"}', "MMS_RESOURCE"),
        (b'{"resource": "a", "subject": "x\\ny"}', "MMS_SUBJECT"),
    ],
)
def test_content_that_is_none_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_content(content)
    assert refused.value.reason == reason
