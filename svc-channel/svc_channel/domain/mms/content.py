"""The content of an mms message as JSON, and the slide show it becomes; must not fetch what it names.

``{"resource": "id", "subject": "..."}``; the message's own text, where it has one, is the first slide. With a message
that waits there also stands what is known of its handset, ``{"handset": {...}}``, which nobody but the intake writes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.handset import Handset
from svc_channel.domain.mms.resources import RESOURCE_ID, Rendition
from svc_channel.domain.multipart import BodyPart, boundary_of, write_multipart

CONTENT_LIMIT: Final = 4096
# Forty characters show on one line of a handset's inbox.
SUBJECT_LIMIT: Final = 40
SLIDE_SECONDS: Final = 5
_ENDINGS: Final = {
    "text/plain": "txt",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/png": "png",
    "audio/amr": "amr",
    "audio/midi": "mid",
    "audio/mpeg": "mp3",
    "video/3gpp": "3gp",
}
_TEXT: Final = "text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class MmsContent:
    """What a message shows. Raises InvalidInput: MMS_RESOURCE, MMS_SUBJECT."""

    resource: str
    subject: str = ""

    def __post_init__(self) -> None:
        if RESOURCE_ID.fullmatch(self.resource) is None:
            raise _refused("MMS_RESOURCE", "resource", "the id of a resource of the library")
        if len(self.subject) > SUBJECT_LIMIT or not self.subject.isprintable():
            raise _refused("MMS_SUBJECT", "subject", f"at most {SUBJECT_LIMIT} printable characters")


def read_content(content: bytes) -> MmsContent:
    """The content of a message. Raises InvalidInput (MMS_CONTENT) and what MmsContent refuses."""
    return _content(_read(content))


def read_addressed(content: bytes) -> tuple[MmsContent, Handset]:
    """What a message shows, and the limits that ``address_content`` wrote beside it. Raises what read_content does."""
    said = _read(content)
    known = said.pop("handset", {})
    try:
        handset = Handset(**{**known, "picture_types": frozenset(known.get("picture_types", ()))})
    except (AttributeError, TypeError):
        raise _refused("MMS_CONTENT", "handset", "the limits of a handset") from None
    return _content(said), handset


def address_content(content: bytes, handset: Handset) -> bytes:
    """The content of a message with the limits of the handset that it goes to; as it is where none is known."""
    limits = {
        "mms_octets": handset.mms_octets,
        "picture_width": handset.picture_width,
        "picture_height": handset.picture_height,
        "picture_types": sorted(handset.picture_types),
    }
    known = {name: limit for name, limit in limits.items() if limit}
    return json.dumps({**_read(content), "handset": known}, ensure_ascii=False).encode() if known else content


def write_content(content: MmsContent) -> bytes:
    """The JSON that read_content reads."""
    return json.dumps({"resource": content.resource, "subject": content.subject}, ensure_ascii=False).encode()


def slide_show(renditions: Sequence[Rendition], *, text: str = "") -> BodyPart:
    """A multipart/related of SMIL and the slides it shows, ``text`` on the first."""
    slides = [_slide(f"slide{one.slot}", one.media_type, one.octets) for one in renditions]
    if text:
        slides.insert(0, _slide("text", _TEXT, text.encode()))
    smil = BodyPart(
        content_type='application/smil; charset="UTF-8"', body=_smil(slides).encode(), headers={"Content-ID": "<smil>"}
    )
    parts = [smil, *slides]
    boundary = boundary_of(parts)
    content_type = f'multipart/related; type="application/smil"; start="<smil>"; boundary="{boundary}"'
    return BodyPart(
        content_type=content_type, body=write_multipart(parts, boundary), headers={"Content-ID": "<content>"}
    )


def _read(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content) if len(content) <= CONTENT_LIMIT else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _refused("MMS_CONTENT", "content", "one JSON object with resource and perhaps subject")
    return said


def _content(said: dict[str, Any]) -> MmsContent:
    if not said.keys() <= {"resource", "subject"} or not all(isinstance(value, str) for value in said.values()):
        raise _refused("MMS_CONTENT", "content", "resource and perhaps subject, both texts")
    return MmsContent(resource=said.get("resource", ""), subject=said.get("subject", ""))


def _slide(name: str, media_type: str, octets: bytes) -> BodyPart:
    file = f"{name}.{_ENDINGS[media_type]}"
    content_type = f'{_TEXT}; charset="UTF-8"' if media_type == _TEXT else media_type
    return BodyPart(
        content_type=content_type, body=octets, headers={"Content-ID": f"<{file}>", "Content-Location": file}
    )


def _smil(slides: Sequence[BodyPart]) -> str:
    shown = "".join(_paragraph(slide) for slide in slides)
    return (
        '<smil><head><layout><root-layout/><region id="Image" top="0" left="0" height="70%" width="100%"/>'
        '<region id="Text" top="70%" left="0" height="30%" width="100%"/></layout></head>'
        f"<body>{shown}</body></smil>"
    )


def _paragraph(slide: BodyPart) -> str:
    kind = slide.media_type.partition("/")[0]
    element = {"image": "img", "video": "video", "audio": "audio"}.get(kind, "text")
    region = "" if kind == "audio" else f' region="{"Text" if element == "text" else "Image"}"'
    source = quoteattr(slide.headers["Content-Location"])
    return f'<par dur="{SLIDE_SECONDS}s"><{element} src={source}{region}/></par>'


def _refused(reason: str, field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field, detail=detail)
