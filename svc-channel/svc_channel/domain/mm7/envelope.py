"""The SOAP envelope of MM7 and the namespaces of its releases, written and read; must not know the messages inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from svc_channel.domain.multipart import BodyPart, MalformedMultipart, read_multipart, read_parameters
from svc_channel.domain.xml_documents import MalformedDocument, read_xml

SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"
# Whatever stands behind it names the release; peers of many releases are about.
SCHEMAS: Final = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"
RELEASE_6: Final = f"{SCHEMAS}REL-6-MM7-1-4"
VERSION_6: Final = "6.8.0"
TEXT_XML: Final = "text/xml; charset=utf-8"
# A multimedia message, its slides in two layers.
BODY_LIMIT: Final = 1024 * 1024

Value: TypeAlias = "str | Sequence[tuple[str, Value]]"
Fields: TypeAlias = "Sequence[tuple[str, Value]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Which MM7 a peer speaks."""

    namespace: str = RELEASE_6
    version: str = VERSION_6


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One MM7 message: its kind (SubmitReq, ...), its fields as they stand, and the parts beside it by content id."""

    transaction: str
    kind: str
    body: Element
    namespace: str
    attachments: Mapping[str, BodyPart] = field(default_factory=dict)

    def text(self, *path: str) -> str:
        """What stands at a path of element names, "" for nothing."""
        found = find(self.body, *path)
        return "" if found is None else (found.text or "").strip()

    @property
    def version(self) -> str:
        """The version that the message names."""
        return self.text("MM7Version")


def write_envelope(transaction: str, kind: str, fields: Fields, release: Release, *, extra: str = "") -> bytes:
    """The document of a message; ``extra`` is a written element that stands last."""
    namespace = quoteattr(release.namespace)
    inside = _write([("MM7Version", release.version), *fields]) + extra
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope xmlns:env="{SOAP}"><env:Header>'
        f'<mm7:TransactionID xmlns:mm7={namespace} env:mustUnderstand="1">{escape(transaction)}</mm7:TransactionID>'
        f"</env:Header><env:Body><{kind} xmlns={namespace}>{inside}</{kind}></env:Body></env:Envelope>\n"
    ).encode()


def read_envelope(content_type: str, body: bytes) -> Envelope:
    """A message out of a request or an answer, alone or with parts beside it.

    Raises MalformedDocument: MM7_BODY, MM7_ENVELOPE, MM7_NAMESPACE and those of the XML.
    """
    if len(body) > BODY_LIMIT:
        raise MalformedDocument("MM7_BODY", f"at most {BODY_LIMIT} octets")
    document, attachments = _split(content_type, body)
    root = read_xml(document)
    header, soap_body = root.find(f"{{{SOAP}}}Header"), root.find(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or header is None or soap_body is None or len(soap_body) != 1:
        raise MalformedDocument("MM7_ENVELOPE", "a SOAP 1.1 envelope with one message")
    message = soap_body[0]
    namespace, _, kind = message.tag.removeprefix("{").rpartition("}")
    if kind == "Fault" and namespace == SOAP:
        # The message is inside the detail of a fault.
        inside = [one for one in message.iter() if one.tag.endswith("}RSErrorRsp") or one.tag.endswith("}VASPErrorRsp")]
        if not inside:
            raise MalformedDocument("MM7_ENVELOPE", "a fault without an MM7 error")
        message = inside[0]
        namespace, _, kind = message.tag.removeprefix("{").rpartition("}")
    if not namespace.startswith(SCHEMAS):
        raise MalformedDocument("MM7_NAMESPACE", "a message of the schemas of 3GPP TS 23.140")
    identifier = next((one for one in header if one.tag.endswith("}TransactionID")), None)
    transaction = "" if identifier is None else (identifier.text or "").strip()
    if not transaction:
        raise MalformedDocument("MM7_ENVELOPE", "a TransactionID")
    return Envelope(transaction=transaction, kind=kind, body=message, namespace=namespace, attachments=attachments)


def find(element: Element, *path: str) -> Element | None:
    """The element at a path of local names, whatever release their namespace is of."""
    found: Element | None = element
    for name in path:
        found = None if found is None else next((one for one in found if one.tag.rpartition("}")[2] == name), None)
    return found


def _split(content_type: str, body: bytes) -> tuple[bytes, dict[str, BodyPart]]:
    media_type, parameters = read_parameters(content_type)
    if not media_type.startswith("multipart/"):
        return body, {}
    try:
        parts = read_multipart(content_type, body)
    except MalformedMultipart as error:
        raise MalformedDocument("MM7_BODY", f"{error.reason}: {error.detail}") from None
    start = parameters.get("start", "")
    root = next(
        (part for part in parts if start and part.headers.get("content-id") == start), parts[0] if parts else None
    )
    if root is None:
        raise MalformedDocument("MM7_BODY", "no first part")
    others = {part.headers.get("content-id", "").strip("<>"): part for part in parts if part is not root}
    return root.body, others


def _write(fields: Fields) -> str:
    return "".join(
        f"<{name}>{escape(value) if isinstance(value, str) else _write(value)}</{name}>" for name, value in fields
    )
