"""Compiles the XML of SI and SL to WBXML, as a proxy does before it sends; must not accept what no handset could read."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.multipart import BodyPart
from svc_channel.domain.wap.indications import Indication, LoadAction, ServiceIndication, ServiceLoading, SignalAction
from svc_channel.domain.wap.wbxml_writer import write_wbxml
from svc_channel.domain.xml_documents import MalformedDocument, read_xml


def compile_document(document: BodyPart) -> bytes:
    """The WBXML of a document. Raises MalformedDocument (PAP_DOCUMENT, or what its value refuses)."""
    root = read_xml(document.body)
    try:
        return write_wbxml(_loading(root) if document.media_type == "text/vnd.wap.sl" else _indication(root))
    except InvalidInput as error:
        raise MalformedDocument(error.reason, error.detail) from None
    except ValueError as error:
        raise MalformedDocument("PAP_DOCUMENT", str(error)) from None


def _indication(root: Element) -> Indication:
    found = root.find("indication")
    if root.tag != "si" or found is None:
        raise MalformedDocument("PAP_DOCUMENT", "an si with its indication")
    return ServiceIndication(
        href=found.get("href", ""),
        text=found.text or "",
        action=SignalAction(found.get("action", SignalAction.MEDIUM)),
        si_id=found.get("si-id", ""),
        created=_moment(found.get("created")),
        expires=_moment(found.get("si-expires")),
    )


def _loading(root: Element) -> Indication:
    if root.tag != "sl":
        raise MalformedDocument("PAP_DOCUMENT", "an sl")
    return ServiceLoading(href=root.get("href", ""), action=LoadAction(root.get("action", LoadAction.LOW)))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
