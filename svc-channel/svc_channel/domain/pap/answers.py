"""What a push proxy says: its answer to a submission, and later what became of the push; must not decide what follows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from xml.etree.ElementTree import Element
from xml.sax.saxutils import quoteattr

from svc_channel.domain.message import PartState
from svc_channel.domain.pap.pushes import DOCTYPE, XML_HEAD
from svc_channel.domain.xml_documents import MalformedDocument, read_xml, write_moment


class PushState(StrEnum):
    """The message-state of a result notification."""

    DELIVERED = "delivered"
    PENDING = "pending"
    UNDELIVERABLE = "undeliverable"
    EXPIRED = "expired"
    REJECTED = "rejected"
    ABORTED = "aborted"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


# A state that isn't here (pending) is none that a message ends in.
PART_STATES: Final = {
    PushState.DELIVERED: PartState.DELIVERED,
    PushState.UNDELIVERABLE: PartState.UNDELIVERABLE,
    PushState.EXPIRED: PartState.EXPIRED,
    PushState.TIMEOUT: PartState.EXPIRED,
    PushState.REJECTED: PartState.REJECTED,
    PushState.ABORTED: PartState.REJECTED,
    PushState.CANCELLED: PartState.DELETED,
    PushState.UNKNOWN: PartState.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAnswer:
    """The answer to a submission; ``push_id`` is "" when the proxy could not read which push it was."""

    push_id: str
    code: int
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultNotification:
    """What became of a push, for one number (E.164)."""

    push_id: str
    msisdn: str
    state: PushState
    code: int
    at: datetime


def write_answer(answer: PushAnswer, *, at: datetime) -> bytes:
    """A push-response, or a badmessage-response for a submission without a push-id that was read."""
    result = f'code="{answer.code}" desc={quoteattr(answer.description)}'
    if not answer.push_id:
        return _document(f"<badmessage-response {result}></badmessage-response>")
    return _document(
        f"<push-response push-id={quoteattr(answer.push_id)} reply-time={quoteattr(write_moment(at))}>"
        f"<response-result {result}></response-result></push-response>"
    )


def read_answer(document: bytes) -> PushAnswer:
    """The answer of a proxy. Raises MalformedDocument (PAP_ANSWER and those of the XML)."""
    root = read_xml(document)
    bad = root.find("badmessage-response")
    if bad is not None:
        return PushAnswer(push_id="", code=_code(bad), description=bad.get("desc", ""))
    response = root.find("push-response")
    result = None if response is None else response.find("response-result")
    if response is None or result is None:
        raise MalformedDocument("PAP_ANSWER", "neither a push-response with its result nor a badmessage-response")
    return PushAnswer(push_id=response.get("push-id", ""), code=_code(result), description=result.get("desc", ""))


def write_notification(notification: ResultNotification) -> bytes:
    """The document that a proxy posts."""
    address = quoteattr(f"WAPPUSH={notification.msisdn}/TYPE=PLMN")
    return _document(
        f"<resultnotification-message push-id={quoteattr(notification.push_id)} "
        f'event-time="{write_moment(notification.at)}" message-state="{notification.state}" code="{notification.code}">'
        f"<address address-value={address}/></resultnotification-message>"
    )


def read_notification(document: bytes) -> ResultNotification:
    """A result notification. Raises MalformedDocument (PAP_NOTIFICATION, PAP_ADDRESS, PAP_MOMENT and those of the XML)."""
    message = read_xml(document).find("resultnotification-message")
    if message is None or not message.get("push-id"):
        raise MalformedDocument("PAP_NOTIFICATION", "a resultnotification-message with its push-id")
    try:
        state = PushState(message.get("message-state", ""))
    except ValueError:
        raise MalformedDocument("PAP_NOTIFICATION", "a message-state of nobody") from None
    address = message.find("address")
    value = "" if address is None else address.get("address-value", "")
    msisdn = value.upper().removeprefix("WAPPUSH=").partition("/")[0]
    if not msisdn.startswith("+") or not msisdn[1:].isdecimal() or not msisdn.isascii():
        raise MalformedDocument("PAP_ADDRESS", "one address WAPPUSH=+number/TYPE=PLMN")
    try:
        at = datetime.strptime(message.get("event-time", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise MalformedDocument("PAP_MOMENT", "an event-time in UTC") from None
    return ResultNotification(
        push_id=message.get("push-id", ""), msisdn=msisdn, state=state, code=_code(message), at=at
    )


def write_notification_answer(push_id: str, *, code: int) -> bytes:
    """What a notification is answered with."""
    said = f'push-id={quoteattr(push_id)} code="{code}"'
    return _document(f"<resultnotification-response {said}></resultnotification-response>")


def _code(element: Element) -> int:
    code = element.get("code", "")
    if len(code) != 4 or not code.isdecimal() or not code.isascii():  # noqa: PLR2004 -- every code has four digits
        raise MalformedDocument("PAP_ANSWER", "a code of four digits")
    return int(code)


def _document(body: str) -> bytes:
    return f"{XML_HEAD}\r\n{DOCTYPE}\r\n<pap>{body}</pap>\r\n".encode()
