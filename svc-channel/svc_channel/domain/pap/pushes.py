"""The push submission of PAP: the control entity and the document beside it, written and read; must not post it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from svc_channel.domain.multipart import BodyPart, MalformedMultipart, boundary_of, read_multipart, write_multipart
from svc_channel.domain.wap.indications import Indication, ServiceIndication
from svc_channel.domain.xml_documents import MalformedDocument, read_xml, write_moment

DOCTYPE: Final = '<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 1.0//EN" "http://www.wapforum.org/DTD/pap_1.0.dtd">'
XML_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_ADDRESS: Final = re.compile(r"WAPPUSH=(\+[1-9][0-9]{5,14})/TYPE=PLMN@([A-Za-z0-9.-]+)", re.IGNORECASE)
DOCUMENT_TYPES: Final = frozenset({"text/vnd.wap.si", "text/vnd.wap.sl"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PushMessage:
    """One push to one number (E.164); ``notify_to`` is where the proxy posts what became of it, "" for nowhere."""

    push_id: str
    msisdn: str
    proxy: str
    document: BodyPart
    source_reference: str = ""
    notify_to: str = ""
    deliver_before: datetime | None = None


def document_of(indication: Indication) -> BodyPart:
    """The indication or loading as the XML that a proxy compiles."""
    if isinstance(indication, ServiceIndication):
        moments = (("created", indication.created), ("si-expires", indication.expires))
        said = {"href": indication.href, "si-id": indication.si_id, "action": indication.action.value}
        said |= {name: write_moment(moment) for name, moment in moments if moment is not None}
        written = _attributes(said)
        root = "si"
        body = f"<si><indication{written}>{escape(indication.text)}</indication></si>"
    else:
        root = "sl"
        body = f"<sl{_attributes({'href': indication.href, 'action': indication.action.value})}/>"
    doctype = (
        f'<!DOCTYPE {root} PUBLIC "-//WAPFORUM//DTD {root.upper()} 1.0//EN" "http://www.wapforum.org/DTD/{root}.dtd">'
    )
    document = f"{XML_HEAD}\r\n{doctype}\r\n{body}\r\n"
    return BodyPart(
        content_type=f"text/vnd.wap.{root}; charset=UTF-8",
        body=document.encode(),
        headers={"X-Wap-Application-Id": "x-wap-application:wml.ua"},
    )


def write_push(push: PushMessage) -> bytes:
    """The body of a submission; push_type_of gives its content type."""
    said = {
        "push-id": push.push_id,
        "source-reference": push.source_reference,
        "ppg-notify-requested-to": push.notify_to,
        "deliver-before-timestamp": "" if push.deliver_before is None else write_moment(push.deliver_before),
    }
    address = quoteattr(f"WAPPUSH={push.msisdn}/TYPE=PLMN@{push.proxy}")
    control = (
        f"{XML_HEAD}\r\n{DOCTYPE}\r\n<pap><push-message{_attributes(said)}><address address-value={address}/>"
        '<quality-of-service delivery-method="unconfirmed" network="GSM" network-required="true" bearer="SMS"'
        ' bearer-required="true"/></push-message></pap>\r\n'
    )
    parts = [BodyPart(content_type="application/xml", body=control.encode()), push.document]
    return write_multipart(parts, boundary_of(parts))


def push_type_of(body: bytes) -> str:
    """The content type of a body that write_push made: its first line is the boundary."""
    boundary = body[2 : body.index(b"\r\n")].decode()
    return f'multipart/related; type="application/xml"; boundary="{boundary}"'


def read_push(content_type: str, body: bytes) -> PushMessage:
    """A submission as a strict proxy reads it.

    Raises MalformedDocument: PAP_BODY, PAP_CONTROL, PAP_ADDRESS, PAP_DOCUMENT and those of the XML.
    """
    try:
        parts = read_multipart(content_type, body)
    except MalformedMultipart as error:
        raise MalformedDocument("PAP_BODY", error.detail) from None
    if len(parts) != 2 or parts[0].media_type != "application/xml":  # noqa: PLR2004 -- control entity and document
        raise MalformedDocument("PAP_BODY", "a control entity and one document")
    control = read_xml(parts[0].body)
    message = control.find("push-message")
    if control.tag != "pap" or message is None or not message.get("push-id"):
        raise MalformedDocument("PAP_CONTROL", "a push-message with its push-id")
    addresses = message.findall("address")
    found = _ADDRESS.fullmatch(addresses[0].get("address-value", "")) if len(addresses) == 1 else None
    if found is None:
        raise MalformedDocument("PAP_ADDRESS", "one address WAPPUSH=+number/TYPE=PLMN@proxy")
    if parts[1].media_type not in DOCUMENT_TYPES:
        raise MalformedDocument("PAP_DOCUMENT", f"{parts[1].media_type} is neither SI nor SL")
    read_xml(parts[1].body)
    return PushMessage(
        push_id=message.get("push-id", ""),
        msisdn=found[1],
        proxy=found[2],
        document=parts[1],
        source_reference=message.get("source-reference", ""),
        notify_to=message.get("ppg-notify-requested-to", ""),
    )


def _attributes(said: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in said.items() if value)
