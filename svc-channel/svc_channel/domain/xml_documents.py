"""Reads XML of other systems without entities, external parts or surprise in size; must not know what it says."""

from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

# Control documents are some kilobytes; the pictures travel beside them.
DOCUMENT_LIMIT: Final = 64 * 1024


class MalformedDocument(Exception):
    """What is no XML we read; ``reason`` is stable: XML_TOO_LONG, XML_FORBIDDEN, XML_BROKEN or one of the caller's."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def read_xml(document: bytes) -> Element:
    """The root of a document. A document type is let pass, because some protocols demand one; entities are not."""
    if len(document) > DOCUMENT_LIMIT:
        raise MalformedDocument("XML_TOO_LONG", f"{len(document)} octets; at most {DOCUMENT_LIMIT}")
    try:
        root: Element = fromstring(document, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        raise MalformedDocument("XML_FORBIDDEN", "entities and external references are not read") from None
    except (ParseError, ValueError, LookupError) as error:
        raise MalformedDocument("XML_BROKEN", str(error)) from None
    return root


def write_moment(moment: datetime) -> str:
    """A moment in whole seconds of UTC, as MM7, PAP and SI write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
