"""Bodies of several parts (MIME multipart) written and read; must not look into a part or trust a length."""

import base64
import hashlib
import quopri
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Final

# A related body here has a document, a slide show and its pieces; more is none of ours.
PARTS_LIMIT: Final = 64
HEADERS_LIMIT: Final = 4096
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class MalformedMultipart(Exception):
    """Octets that are no body of several parts; ``reason`` is stable."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyPart:
    """One part, its body as it was before it was encoded for mail; ``headers`` by lower-case name, without its type."""

    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return self.content_type.partition(";")[0].strip().lower()


def boundary_of(parts: Sequence[BodyPart]) -> str:
    """A boundary made of the content, so that the same parts are always the same octets."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.body)
    return f"carillon-{digest.hexdigest()[:32]}"


def write_multipart(parts: Sequence[BodyPart], boundary: str) -> bytes:
    """The body, lines ended by CRLF, each part under its own headers."""
    pieces: list[bytes] = []
    for part in parts:
        headers = {"Content-Type": part.content_type, **part.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        pieces += [f"--{boundary}\r\n{head}\r\n".encode(), part.body, b"\r\n"]
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def read_parameters(content_type: str) -> tuple[str, dict[str, str]]:
    """The media type and its parameters, names in lower case; what is no content type has the type text/plain."""
    header = Message()
    header["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    parameters = header.get_params(failobj=[], unquote=True)
    return header.get_content_type(), {name.lower(): value for name, value in parameters[1:]}


def read_multipart(content_type: str, body: bytes) -> list[BodyPart]:
    """The parts of a body. Raises MalformedMultipart: MULTIPART_TYPE, _BOUNDARY, _CUT, _PARTS, _HEADERS, _ENCODING."""
    media_type, parameters = read_parameters(content_type)
    if not media_type.startswith("multipart/"):
        raise MalformedMultipart("MULTIPART_TYPE", f"{media_type} has no parts")
    boundary = parameters.get("boundary", "")
    if _BOUNDARY.fullmatch(boundary) is None:
        raise MalformedMultipart("MULTIPART_BOUNDARY", "the content type names no boundary")
    # MIME's lines end with CRLF; peers made of mail toolkits end them with LF alone, all of them.
    bare = re.search(rb"(?:^|\n)--" + re.escape(boundary.encode()) + rb"[ \t]*\n", body) is not None
    line_end = b"\n" if bare else b"\r\n"
    # A line break belongs to the delimiter after it; one before everything makes all delimiters alike.
    pieces = (line_end + body).split(line_end + b"--" + boundary.encode())
    ends = [number for number, piece in enumerate(pieces[1:], start=1) if piece.startswith(b"--")]
    if not ends:
        raise MalformedMultipart("MULTIPART_CUT", "the last part has no end")
    if ends[0] - 1 > PARTS_LIMIT:
        raise MalformedMultipart("MULTIPART_PARTS", f"at most {PARTS_LIMIT} parts")
    return [_read_part(piece, line_end) for piece in pieces[1 : ends[0]]]


def _read_part(piece: bytes, line_end: bytes) -> BodyPart:
    # What stands behind a boundary on its line is padding.
    padding, found, rest = piece.partition(line_end)
    if padding.strip(b" \t") or not found:
        raise MalformedMultipart("MULTIPART_BOUNDARY", "a boundary does not end its line")
    head, found, body = (line_end + rest).partition(line_end * 2)
    if not found or len(head) > HEADERS_LIMIT:
        raise MalformedMultipart("MULTIPART_HEADERS", "a part's headers have no end")
    headers: dict[str, str] = {}
    try:
        lines = re.sub(r"\r?\n[ \t]+", " ", head.decode()).split(line_end.decode())[1:]
    except UnicodeDecodeError:
        raise MalformedMultipart("MULTIPART_HEADERS", "a part's headers are no text") from None
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or _HEADER_NAME.fullmatch(name) is None:
            raise MalformedMultipart("MULTIPART_HEADERS", "a line that is no header")
        headers[name.lower()] = value.strip()
    body = _decode(body, headers.pop("content-transfer-encoding", "binary").lower())
    return BodyPart(content_type=headers.pop("content-type", "text/plain"), body=body, headers=headers)


def _decode(body: bytes, encoding: str) -> bytes:
    """What an encoding for mail stands for; HTTP needs none, but toolkits that know only mail use them."""
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    if encoding != "base64":
        return body
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except ValueError:
        raise MalformedMultipart("MULTIPART_ENCODING", "a part that is no base64") from None
