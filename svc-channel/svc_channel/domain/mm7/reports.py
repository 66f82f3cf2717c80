"""What an MMSC tells: messages of subscribers, delivery and read reports; must not decide what follows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from svc_channel.domain.message import PartState
from svc_channel.domain.mm7.envelope import Envelope, Release, Value, find, write_envelope
from svc_channel.domain.mm7.submissions import CONTENT_ID, read_moment, write_related
from svc_channel.domain.multipart import BodyPart, MalformedMultipart, read_multipart
from svc_channel.domain.xml_documents import MalformedDocument, write_moment

DELIVER: Final = "DeliverReq"
DELIVERY_REPORT: Final = "DeliveryReportReq"
READ_REPLY: Final = "ReadReplyReq"
ANSWER_KINDS: Final = {DELIVER: "DeliverRsp", DELIVERY_REPORT: "DeliveryReportRsp", READ_REPLY: "ReadReplyRsp"}
# What of a subscriber's message is kept as text; pictures are counted and not kept.
TEXT_LIMIT: Final = 2000
_MESSAGE_ID_LIMIT: Final = 255


class MmStatus(StrEnum):
    """The MMStatus of reports."""

    RETRIEVED = "Retrieved"
    EXPIRED = "Expired"
    REJECTED = "Rejected"
    INDETERMINATE = "Indeterminate"
    DEFERRED = "Deferred"
    FORWARDED = "Forwarded"
    UNREACHABLE = "Unreachable"
    READ = "Read"
    DELETED = "Deleted without being read"


# Deferred and forwarded messages are under way still; all others have ended. A read report ends nothing.
PART_STATES: Final = {
    MmStatus.RETRIEVED: PartState.DELIVERED,
    MmStatus.EXPIRED: PartState.EXPIRED,
    MmStatus.REJECTED: PartState.REJECTED,
    MmStatus.INDETERMINATE: PartState.UNKNOWN,
    MmStatus.UNREACHABLE: PartState.UNDELIVERABLE,
    MmStatus.DEFERRED: PartState.SENT,
    MmStatus.FORWARDED: PartState.SENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of a message of ours, by the MMSC's id and the number it went to (E.164)."""

    transaction: str
    message_id: str
    msisdn: str
    status: MmStatus
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberMessage:
    """A multimedia message that a subscriber sent; ``text`` is its subject and the texts of its slides."""

    transaction: str
    sender: str
    recipient: str
    text: str
    at: datetime


def write_report(report: Report, release: Release, *, sender: str) -> bytes:
    """The document of a delivery report, or of a read report where its status says so."""
    kind = READ_REPLY if report.status in {MmStatus.READ, MmStatus.DELETED} else DELIVERY_REPORT
    fields: list[tuple[str, Value]] = [
        ("MMSRelayServerID", "mmsc"),
        ("MessageID", report.message_id),
        ("Recipient", [("Number", report.msisdn)]),
        ("Sender", [("ShortCode", sender)]),
        ("Date", write_moment(report.at)),
        ("MMStatus", report.status.value),
    ]
    return write_envelope(report.transaction, kind, fields, release)


def read_report(envelope: Envelope) -> Report:
    """A delivery or read report. Raises MalformedDocument (MM7_REPORT, MM7_NUMBER, MM7_MOMENT)."""
    message_id = envelope.text("MessageID")
    if not 0 < len(message_id) <= _MESSAGE_ID_LIMIT or not message_id.isprintable():
        raise MalformedDocument("MM7_REPORT", "the MessageID of a message")
    try:
        status = MmStatus(envelope.text("MMStatus"))
    except ValueError:
        raise MalformedDocument("MM7_REPORT", "an MMStatus of nobody") from None
    if (status in PART_STATES) is not (envelope.kind == DELIVERY_REPORT):
        raise MalformedDocument("MM7_REPORT", f"{status} does not stand in a {envelope.kind}")
    return Report(
        transaction=envelope.transaction,
        message_id=message_id,
        msisdn=_number(envelope.text("Recipient", "Number")),
        status=status,
        at=read_moment(envelope.text("Date")),
    )


def write_subscriber_message(message: SubscriberMessage, release: Release, content: BodyPart) -> bytes:
    """The body of a DeliverReq with its content beside it."""
    fields: list[tuple[str, Value]] = [
        ("MMSRelayServerID", "mmsc"),
        ("Sender", [("Number", message.sender)]),
        ("Recipients", [("To", [("ShortCode", message.recipient)])]),
        ("TimeStamp", write_moment(message.at)),
        ("Subject", message.text),
    ]
    extra = f'<Content href="cid:{CONTENT_ID}"/>'
    return write_related(write_envelope(message.transaction, DELIVER, fields, release, extra=extra), content)


def read_subscriber_message(envelope: Envelope) -> SubscriberMessage:
    """A DeliverReq. Raises MalformedDocument (MM7_DELIVER, MM7_NUMBER, MM7_MOMENT)."""
    recipient = envelope.text("Recipients", "To", "ShortCode") or envelope.text("Recipients", "To", "Number")
    if not recipient.removeprefix("+").isdecimal() or not recipient.isascii():
        raise MalformedDocument("MM7_DELIVER", "the number it was sent to")
    reference = find(envelope.body, "Content")
    content_id = "" if reference is None else reference.get("href", "").removeprefix("cid:")
    texts = [envelope.text("Subject"), *_texts(envelope.attachments.get(content_id))]
    return SubscriberMessage(
        transaction=envelope.transaction,
        sender=_number(envelope.text("Sender", "Number")),
        recipient=recipient.removeprefix("+"),
        text="\n".join(text for text in texts if text).replace("\0", "")[:TEXT_LIMIT],
        at=read_moment(envelope.text("TimeStamp")),
    )


def _texts(content: BodyPart | None) -> list[str]:
    """The texts of a message's slides; what can't be read has none."""
    if content is None:
        return []
    if content.media_type == "text/plain":
        return [content.body.decode("utf-8", "replace").strip()]
    if not content.media_type.startswith("multipart/"):
        return []
    try:
        parts = read_multipart(content.content_type, content.body)
    except MalformedMultipart:
        return []
    return [part.body.decode("utf-8", "replace").strip() for part in parts if part.media_type == "text/plain"]


def _number(text: str) -> str:
    """An E.164 number, with or without its plus. Raises MalformedDocument (MM7_NUMBER)."""
    digits = text.removeprefix("+")
    if not digits.isascii() or not digits.isdecimal() or not 6 <= len(digits) <= 15:  # noqa: PLR2004 -- E.164
        raise MalformedDocument("MM7_NUMBER", "a number of 6 to 15 digits")
    return f"+{digits}"
