"""SubmitReq and its answer: what leaves for an MMSC and what it says at once; must not post anything."""

from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import quoteattr

from svc_channel.domain.mm7.envelope import Envelope, Release, Value, find, write_envelope
from svc_channel.domain.multipart import BodyPart, boundary_of, write_multipart
from svc_channel.domain.wap.indications import in_utc
from svc_channel.domain.xml_documents import MalformedDocument, write_moment

START = "<mm7-submit>"
CONTENT_ID = "content"
_CODE_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One message to one number (E.164); ``sender`` is a short code, ``at`` when it is submitted."""

    transaction: str
    vasp_id: str
    vas_id: str
    sender: str
    msisdn: str
    subject: str
    content: BodyPart
    at: datetime
    service_code: str = ""
    wants_read_report: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitAnswer:
    """What the MMSC says; ``message_id`` is "" where it took nothing."""

    transaction: str
    code: int
    text: str = ""
    message_id: str = ""


def write_submission(submission: Submission, release: Release) -> bytes:
    """The body of a SubmitReq with its content beside it; mm7_type_of gives its content type."""
    fields: list[tuple[str, Value]] = [
        (
            "SenderIdentification",
            [
                ("VASPID", submission.vasp_id),
                ("VASID", submission.vas_id),
                ("SenderAddress", [("ShortCode", submission.sender)]),
            ],
        ),
        ("Recipients", [("To", [("Number", submission.msisdn)])]),
        *([("ServiceCode", submission.service_code)] if submission.service_code else []),
        ("MessageClass", "Advertisement"),
        ("TimeStamp", write_moment(submission.at)),
        ("DeliveryReport", "true"),
        ("ReadReply", "true" if submission.wants_read_report else "false"),
        ("Priority", "Normal"),
        *([("Subject", submission.subject)] if submission.subject else []),
    ]
    content = f'<Content href={quoteattr(f"cid:{CONTENT_ID}")} allowAdaptations="true"/>'
    document = write_envelope(submission.transaction, "SubmitReq", fields, release, extra=content)
    return write_related(document, submission.content)


def write_related(document: bytes, content: BodyPart) -> bytes:
    """A document and the content it names, as multipart/related."""
    root = BodyPart(content_type="text/xml; charset=utf-8", body=document, headers={"Content-ID": START})
    return write_multipart([root, content], boundary_of([root, content]))


def mm7_type_of(body: bytes) -> str:
    """The content type of what write_related made: its first line is the boundary."""
    boundary = body[2 : body.index(b"\r\n")].decode()
    return f'multipart/related; type="text/xml"; start="{START}"; boundary="{boundary}"'


def read_submission(envelope: Envelope) -> Submission:
    """A SubmitReq as a strict MMSC reads it. Raises MalformedDocument (MM7_SUBMIT)."""
    sender = envelope.text("SenderIdentification", "SenderAddress", "ShortCode")
    msisdn = envelope.text("Recipients", "To", "Number")
    reference = find(envelope.body, "Content")
    content_id = "" if reference is None else reference.get("href", "").removeprefix("cid:")
    content = envelope.attachments.get(content_id)
    if envelope.kind != "SubmitReq" or not sender or not msisdn or content is None or not envelope.version:
        raise MalformedDocument("MM7_SUBMIT", "a SubmitReq with version, sender, recipient and the content it names")
    return Submission(
        transaction=envelope.transaction,
        vasp_id=envelope.text("SenderIdentification", "VASPID"),
        vas_id=envelope.text("SenderIdentification", "VASID"),
        sender=sender,
        msisdn=msisdn,
        subject=envelope.text("Subject"),
        content=content,
        at=read_moment(envelope.text("TimeStamp")),
        service_code=envelope.text("ServiceCode"),
        wants_read_report=envelope.text("ReadReply") == "true",
    )


def write_answer(answer: SubmitAnswer, release: Release, *, kind: str = "SubmitRsp") -> bytes:
    """The answer to a message: ``kind`` is SubmitRsp, DeliverRsp, DeliveryReportRsp, ReadReplyRsp or an error's."""
    fields: list[tuple[str, Value]] = [("Status", [("StatusCode", str(answer.code)), ("StatusText", answer.text)])]
    if answer.message_id:
        fields.append(("MessageID", answer.message_id))
    return write_envelope(answer.transaction, kind, fields, release)


def read_answer(envelope: Envelope) -> SubmitAnswer:
    """What an MMSC answered, an error inside a fault included. Raises MalformedDocument (MM7_ANSWER)."""
    code = envelope.text("Status", "StatusCode")
    if len(code) != _CODE_DIGITS or not code.isascii() or not code.isdecimal():
        raise MalformedDocument("MM7_ANSWER", "a status code of four digits")
    return SubmitAnswer(
        transaction=envelope.transaction,
        code=int(code),
        text=envelope.text("Status", "StatusText"),
        message_id=envelope.text("MessageID"),
    )


def read_moment(text: str) -> datetime:
    """A moment with its zone. Raises MalformedDocument (MM7_MOMENT)."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.utcoffset() is not None:
            return in_utc(moment)
    except (ValueError, OverflowError):
        pass  # said below, as for a moment of nowhere
    raise MalformedDocument("MM7_MOMENT", "a date and time with its zone")
