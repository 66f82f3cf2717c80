"""PAP written and read: submissions, answers, results, codes, and documents of nobody."""

import random
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.message import PartState
from svc_channel.domain.multipart import BodyPart, MalformedMultipart, read_multipart, write_multipart
from svc_channel.domain.pap.answers import (
    PART_STATES,
    PushAnswer,
    PushState,
    ResultNotification,
    read_answer,
    read_notification,
    write_answer,
    write_notification,
)
from svc_channel.domain.pap.codes import answer_of
from svc_channel.domain.pap.pushes import PushMessage, document_of, push_type_of, read_push, write_push
from svc_channel.domain.submission import Answer
from svc_channel.domain.wap.indications import ServiceIndication, ServiceLoading, SignalAction
from svc_channel.domain.wap.wbxml_writer import write_wbxml
from svc_channel.domain.xml_documents import MalformedDocument
from svc_channel.simulators.ppg.compiler import compile_document

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OFFER = ServiceIndication(
    href='http://www.example.com/offer?a=1&b="2"',
    text="试听 <彩铃> & more",
    action=SignalAction.HIGH,
    si_id="1@example.com",
    created=NOON,
    expires=datetime(2026, 12, 31, tzinfo=UTC),
)
PUSH = PushMessage(
    push_id="42@carillon",
    msisdn="+8613800138000",
    proxy="ppg.example",
    document=document_of(OFFER),
    source_reference="10086",
    notify_to="http://127.0.0.1:1/pap?line=a&x=1",
)
BODY = write_push(PUSH)
MEMORY_LIMIT = 20 * 1024 * 1024


def test_a_submission_is_the_control_entity_first_and_the_document_second() -> None:
    assert b'PUBLIC "-//WAPFORUM//DTD PAP 1.0//EN"' in BODY
    assert b'address-value="WAPPUSH=+8613800138000/TYPE=PLMN@ppg.example"' in BODY
    parts = read_multipart(push_type_of(BODY), BODY)
    assert [part.media_type for part in parts] == ["application/xml", "text/vnd.wap.si"]
    assert BODY.count(b"\r\n") == BODY.count(b"\n")


def test_a_submission_reads_back_and_its_document_compiles_to_what_we_mean() -> None:
    read = read_push(push_type_of(BODY), BODY)
    assert (read.push_id, read.msisdn, read.proxy) == (PUSH.push_id, PUSH.msisdn, PUSH.proxy)
    assert (read.source_reference, read.notify_to) == (PUSH.source_reference, PUSH.notify_to)
    assert compile_document(read.document) == write_wbxml(OFFER)
    loading = ServiceLoading(href="http://a.cn/1")
    assert compile_document(document_of(loading)) == write_wbxml(loading)


BROKEN_PUSHES = {
    "no parts": ("text/plain", BODY, "PAP_BODY"),
    "another boundary": ("multipart/related; boundary=x", BODY, "PAP_BODY"),
    "a cut body": (push_type_of(BODY), BODY[:-50], "PAP_BODY"),
    "no XML": (push_type_of(BODY), BODY.replace(b"</pap>", b"<pap>"), "XML_BROKEN"),
    "no push-id": (push_type_of(BODY), BODY.replace(b' push-id="42@carillon"', b""), "PAP_CONTROL"),
    "an address of nobody": (push_type_of(BODY), BODY.replace(b"WAPPUSH=+86", b"WAPPUSH=86"), "PAP_ADDRESS"),
    "a document of another kind": (push_type_of(BODY), BODY.replace(b"text/vnd.wap.si", b"text/html"), "PAP_DOCUMENT"),
}


@pytest.mark.parametrize("case", BROKEN_PUSHES)
def test_a_broken_submission_is_refused_with_its_reason(case: str) -> None:
    content_type, body, reason = BROKEN_PUSHES[case]
    with pytest.raises(MalformedDocument) as refused:
        read_push(content_type, body)
    assert refused.value.reason == reason


def test_answers_read_back() -> None:
    for answer in (
        PushAnswer(push_id="42@carillon", code=1001, description='taken & "kept"'),
        PushAnswer(push_id="", code=2000, description="bad"),
    ):
        assert read_answer(write_answer(answer, at=NOON)) == answer


def test_results_read_back_and_every_one_but_pending_ends_its_message() -> None:
    for state in PushState:
        result = ResultNotification(push_id="42@carillon", msisdn="+8613800138000", state=state, code=1000, at=NOON)
        assert read_notification(write_notification(result)) == result
    assert set(PushState) - set(PART_STATES) == {PushState.PENDING}
    assert PART_STATES[PushState.DELIVERED] is PartState.DELIVERED


NOTIFICATION = write_notification(
    ResultNotification(push_id="42", msisdn="+8613800138000", state=PushState.DELIVERED, code=1000, at=NOON)
)
BILLION = (
    b'<!DOCTYPE pap [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><pap><resultnotification-message push-id="&b;"/></pap>'
)
FILE = b'<!DOCTYPE pap [<!ENTITY f SYSTEM "file:///etc/hostname">]><pap>&f;</pap>'
BROKEN_NOTIFICATIONS = {
    "nothing": (b"", "XML_BROKEN"),
    "entities": (BILLION, "XML_FORBIDDEN"),
    "a file of ours": (FILE, "XML_FORBIDDEN"),
    "another message": (NOTIFICATION.replace(b"resultnotification-message", b"cancel-message"), "PAP_NOTIFICATION"),
    "no push-id": (NOTIFICATION.replace(b' push-id="42"', b""), "PAP_NOTIFICATION"),
    "a state of nobody": (NOTIFICATION.replace(b'"delivered"', b'"eaten"'), "PAP_NOTIFICATION"),
    "a number of nobody": (NOTIFICATION.replace(b"+86", b"86"), "PAP_ADDRESS"),
    "a time of nobody": (NOTIFICATION.replace(b"2026-11-21T", b"2026-13-21T"), "PAP_MOMENT"),
    "a code of nobody": (NOTIFICATION.replace(b'code="1000"', b'code="one"'), "PAP_ANSWER"),
    "too long": (NOTIFICATION + b" " * 70_000, "XML_TOO_LONG"),
}


@pytest.mark.parametrize("case", BROKEN_NOTIFICATIONS)
def test_a_broken_result_is_refused_with_its_reason(case: str) -> None:
    document, reason = BROKEN_NOTIFICATIONS[case]
    with pytest.raises(MalformedDocument) as refused:
        read_notification(document)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (1000, Answer.ACCEPTED),
        (1001, Answer.ACCEPTED),
        (2000, Answer.REFUSED),
        (2001, Answer.REFUSED),
        (2002, Answer.REFUSED),
        (2005, Answer.REFUSED),
        (2007, Answer.ACCEPTED),
        (3000, Answer.TRANSIENT),
        (3006, Answer.REFUSED),
        (3010, Answer.TRANSIENT),
        (4000, Answer.TRANSIENT),
        (5000, Answer.REFUSED),
        (5028, Answer.REFUSED),
    ],
)
def test_each_code_means_one_thing(code: int, answer: Answer) -> None:
    assert answer_of(code) is answer


@given(st.lists(st.builds(BodyPart, content_type=st.just("image/gif"), body=st.binary(max_size=200)), max_size=5))
def test_parts_of_any_octets_read_back(parts: list[BodyPart]) -> None:
    # A boundary of 20 random letters stands in no part that hypothesis thinks of.
    body = write_multipart(parts, "qZ7rTb2XwLk9PmVc3YdN")
    if parts:
        assert read_multipart("multipart/mixed; boundary=qZ7rTb2XwLk9PmVc3YdN", body) == parts


def test_lines_of_lf_alone_and_encodings_for_mail_are_read() -> None:
    body = (
        b"preamble\n--b\nContent-Type: text/plain;\n charset=utf-8\nContent-Transfer-Encoding: BASE64\n\n5q2M\n5omL\n"
        b"--b \nContent-Transfer-Encoding: quoted-printable\n\n=E4=B8=80=\n!\n--b\n\n\r\n--x\r\n\n--b--\n"
    )
    first, second, third = read_multipart("multipart/mixed; boundary=b", body)
    assert (first.content_type, first.body.decode()) == ("text/plain; charset=utf-8", "歌手")
    assert (second.body.decode(), third.body, third.headers) == ("一!", b"\r\n--x\r\n", {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n*\r\n--b--", "MULTIPART_ENCODING"),
        (b"--b\r\nx: 1\r\n\r\nbody", "MULTIPART_CUT"),
        (b"--bb\r\n\r\n\r\n--b--", "MULTIPART_BOUNDARY"),
        (b"--b\r\nno header\r\n\r\n1\r\n--b--", "MULTIPART_HEADERS"),
        (b"--b\r\nx: \xff\r\n\r\n1\r\n--b--", "MULTIPART_HEADERS"),
        (b"--b\r\nx: 1\r\n--b--", "MULTIPART_HEADERS"),
        (b"--b\r\n\r\n1\r\n" * 65 + b"--b--", "MULTIPART_PARTS"),
    ],
)
def test_a_broken_body_of_parts_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedMultipart) as refused:
        read_multipart("multipart/related; boundary=b", body)
    assert refused.value.reason == reason


def test_ten_thousand_random_and_cut_documents_neither_crash_nor_fill_the_memory() -> None:
    chance = random.Random(20261122)
    content_type = push_type_of(BODY)
    tracemalloc.start()
    refused = 0
    try:
        for turn in range(10_000):
            octets = bytearray(BODY if turn % 2 else NOTIFICATION)
            for _ in range(1 + chance.randrange(4)):
                octets[chance.randrange(len(octets))] = chance.randrange(256)
            document = bytes(octets[: chance.randrange(len(octets) + 1)])
            try:
                if turn % 2:
                    read_push(content_type, document)
                else:
                    read_notification(document)
            except MalformedDocument:
                refused += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused > 9_000
    assert peak < MEMORY_LIMIT
