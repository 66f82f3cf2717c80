"""Our MM7 against an MMSC made of Perl's SOAP::Lite and MIME-tools, and read by Python's own mail parser (CHN-14).

No MMSC of another make is in Debian, npm or PyPI; these share no code with us, read SOAP and its attachments by the
standards, and write documents of their own that we have to read.
"""

import asyncio
import email
import email.policy
import hashlib
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from defusedxml import ElementTree

from carillon_chassis.clock import FixedClock
from svc_channel.adapters.http_line import HttpLine, HttpPeer, HttpSettings
from svc_channel.adapters.line import LineAnswer, LinkLost, Outgoing
from svc_channel.adapters.mm7_exchange import Mm7Exchange, Mm7Settings
from svc_channel.domain.channel import Channel
from svc_channel.domain.mm7.envelope import RELEASE_6, VERSION_6, Release, read_envelope
from svc_channel.domain.mm7.reports import MmStatus, read_report, read_subscriber_message
from svc_channel.domain.mm7.submissions import Submission, mm7_type_of, read_answer, write_submission
from svc_channel.domain.mms.content import MmsContent, slide_show, write_content
from svc_channel.domain.mms.resources import Rendition
from svc_channel.domain.submission import Answer

from .telling_script import TellingScript, run_script

pytestmark = pytest.mark.peers

SCRIPT = Path(__file__).with_name("soap_mmsc.pl")
MODULES = ("SOAP::Lite", "MIME::Parser", "HTTP::Daemon")
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
PASSWORD = "mms-of-one-run"
TEXT, SUBJECT = "您好 <彩铃> & more\n--x", "彩铃 & <新>"
# Octets that a careless reader of parts would stumble over.
PICTURE = Rendition(resource="tones", slot=1, media_type="image/gif", octets=b"GIF89a\r\n--carillon\r\n\r\n\0\n.\n")
SOUND = Rendition(resource="tones", slot=2, media_type="audio/amr", octets=b"#!AMR\n" + bytes(range(256)) * 100)


@pytest.fixture(scope="session")
def perl() -> str:
    """Perl with what the script needs."""
    found = shutil.which("perl")
    wanted = [f"-M{one}" for one in MODULES]
    if found is None or subprocess.run([found, *wanted, "-e", "1"], capture_output=True, check=False).returncode:  # noqa: S603 -- our own words
        pytest.skip(f"Perl has not {', '.join(MODULES)} (Debian: libsoap-lite-perl)")
    return found


@pytest.fixture
async def center(perl: str) -> AsyncIterator[TellingScript]:
    async with run_script(perl, str(SCRIPT), "serve", "carillon", PASSWORD) as center:
        yield center


async def line_to(center: TellingScript, *, password: str = PASSWORD) -> tuple[HttpPeer[str], HttpLine[str]]:
    """A line as the service opens it, over a library of one resource."""
    url = f"http://127.0.0.1:{center.port}/mm7"
    settings = Mm7Settings(url=url, user="carillon", password=password, vasp_id="carillon", vas_id="tones")

    async def renditions(resource: str) -> Sequence[Rendition]:
        return [PICTURE, SOUND] if resource == "tones" else []

    peer: HttpPeer[str] = HttpPeer(
        HttpSettings(name="mmsc", url=url), Mm7Exchange(settings, renditions, FixedClock(at=NOON))
    )
    return peer, await peer.open()


async def submit(peer: HttpPeer[str], line: HttpLine[str], destination: str) -> LineAnswer[str]:
    """One message, and what the center said."""
    content = write_content(MmsContent(resource="tones", subject=SUBJECT))
    message = Outgoing(
        reference=42, channel=Channel.MMS, source="10086", destination=destination, text=TEXT, content=content
    )
    [part] = peer.cut(message)
    await line.submit("a", part)
    async with asyncio.timeout(20):
        [answer] = (await line.receive()).answers
    return answer


async def test_the_center_reads_every_field_and_every_slide_and_we_read_its_answer(center: TellingScript) -> None:
    peer, line = await line_to(center)
    answer = await submit(peer, line, "8613800138000")
    assert (answer.answer, answer.peer_id) == (Answer.ACCEPTED, "pm-42")
    read = await center.said()
    assert (read["path"], read["soap_action"], read["kind"], read["transaction"]) == ("/mm7", '""', "SubmitReq", "42")
    assert read["must_understand"] == 1
    assert read["namespace"] == read["header_namespace"] == RELEASE_6
    *fields, (name, shown) = read["fields"]
    # In the order of TS 23.140, as an MMSC that validates would have it.
    assert fields == [
        ["MM7Version", VERSION_6],
        [
            "SenderIdentification",
            [["VASPID", "carillon"], ["VASID", "tones"], ["SenderAddress", [["ShortCode", "10086"]]]],
        ],
        ["Recipients", [["To", [["Number", "+8613800138000"]]]]],
        ["MessageClass", "Advertisement"],
        ["TimeStamp", "2026-11-22T04:00:00Z"],
        ["DeliveryReport", "true"],
        ["ReadReply", "true"],
        ["Priority", "Normal"],
        ["Subject", SUBJECT],
    ]
    # It followed the reference to the part beside.
    assert name == "Content"
    assert "application/smil" in shown.splitlines()[1]
    [content] = read["attachments"]
    assert (content["type"], content["id"], content["start"]) == ("multipart/related", "<content>", "<smil>")
    kinds = ["application/smil", "text/plain", "image/gif", "audio/amr"]
    assert [one["type"] for one in content["parts"]] == kinds
    octets = (TEXT.encode(), PICTURE.octets, SOUND.octets)
    assert [one["sha256"] for one in content["parts"][1:]] == [hashlib.sha256(one).hexdigest() for one in octets]
    assert [one["id"] for one in content["parts"]] == ["<smil>", "<text.txt>", "<slide1.gif>", "<slide2.amr>"]
    await line.unbind(drain_seconds=1)


async def test_the_center_s_refusals_mean_what_they_say(center: TellingScript) -> None:
    peer, line = await line_to(center)
    answer = await submit(peer, line, "8613800138006")
    assert (answer.answer, answer.reason) == (Answer.REFUSED, "MM7_2002")
    await line.unbind(drain_seconds=1)
    peer, line = await line_to(center, password="wrong")
    with pytest.raises(LinkLost) as lost:
        await submit(peer, line, "8613800138000")
    assert lost.value.reason == "BARRED"


def test_what_the_center_tells_of_itself_is_read(perl: str) -> None:
    told = subprocess.run([perl, str(SCRIPT), "tell"], capture_output=True, text=True, check=True, timeout=30).stdout  # noqa: S603 -- our own words
    documents = [json.loads(line) for line in told.splitlines()]
    report, fault, message = (read_envelope(one["type"], bytes.fromhex(one["body"])) for one in documents)
    read = read_report(report)
    assert (read.transaction, read.message_id, read.msisdn) == ("R-1", "pm-1", "+8613800138000")
    assert (read.status, read.at) == (MmStatus.RETRIEVED, NOON)
    assert (fault.kind, read_answer(fault).code) == ("RSErrorRsp", 4004)
    said = read_subscriber_message(message)
    assert (said.sender, said.recipient, said.at) == ("+8613800138000", "10086", NOON)
    # The subject, a text in base64, one in quoted-printable; parts of a mail toolkit, their lines ended by LF.
    assert said.text == "投票\n歌手\n一"


def test_python_s_mail_parser_finds_what_every_reference_points_at() -> None:
    content = slide_show([PICTURE, SOUND], text=TEXT)
    submission = Submission(
        transaction="42",
        vasp_id="carillon",
        vas_id="tones",
        sender="10086",
        msisdn="+8613800138000",
        subject=SUBJECT,
        content=content,
        at=NOON,
    )
    body = write_submission(submission, Release())
    head = f"MIME-Version: 1.0\r\nContent-Type: {mm7_type_of(body)}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    root, shown = message.iter_parts()
    assert [one for part in message.walk() for one in part.defects] == []
    assert root["content-id"] == message.get_param("start")
    envelope = ElementTree.fromstring(root.get_payload(decode=True))
    [reference] = envelope.iter(f"{{{RELEASE_6}}}Content")
    assert reference.get("href") == f"cid:{shown['content-id'].strip('<>')}"
    smil, *slides = shown.iter_parts()
    assert smil["content-id"] == shown.get_param("start")
    sources = [one.get("src") for one in ElementTree.fromstring(smil.get_payload(decode=True)).iter() if one.get("src")]
    assert sources == [one["content-location"] for one in slides]
    assert [one.get_payload(decode=True) for one in slides] == [TEXT.encode(), PICTURE.octets, SOUND.octets]
