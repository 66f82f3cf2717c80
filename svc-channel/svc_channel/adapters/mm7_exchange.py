"""Speaks MM7 to an MMSC: mms messages out, answers read; must not keep, pace or repeat anything (CHN-14).

MM7 has no way to ask whether a message was taken, and no key by which one sent again would be known: a lost answer
leaves its message in doubt, as with SMPP.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
from pydantic import BaseModel, ConfigDict, Field

from carillon_chassis.clock import Clock
from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.http_line import HttpPeer, HttpSettings, PeerAnswer, read_status, without_words
from svc_channel.adapters.line import Outgoing, OutgoingPart, PartRefused, Token
from svc_channel.adapters.line_file import LineSpec, read_options, read_secret
from svc_channel.domain.channel import Channel
from svc_channel.domain.mm7.codes import answer_of
from svc_channel.domain.mm7.envelope import RELEASE_6, SCHEMAS, TEXT_XML, VERSION_6, Release, read_envelope
from svc_channel.domain.mm7.submissions import Submission, mm7_type_of, read_answer, write_submission
from svc_channel.domain.mms.content import read_addressed, slide_show
from svc_channel.domain.mms.resources import HandsetLimits, Rendition, adapt
from svc_channel.domain.submission import NO_PEER_ID, Answer
from svc_channel.domain.xml_documents import MalformedDocument

Renditions = Callable[[str], Awaitable[Sequence[Rendition]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mm7Settings:
    """How one MMSC knows us, and what a handset takes of which nobody knows it."""

    url: str
    user: str
    password: str = field(repr=False)
    vasp_id: str
    vas_id: str
    service_code: str = ""
    release: Release = field(default_factory=Release)
    limits: HandsetLimits = field(default_factory=HandsetLimits)


class Mm7Options(BaseModel):
    """What a line file says of an MMSC beside what it says of every line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=r"^https?://[^@\s]+$")
    user: str = Field(min_length=1)
    password_variable: str = Field(min_length=1)
    """The environment variable that holds the password, with which the MMSC's own requests come too."""
    vasp_id: str = Field(min_length=1)
    vas_id: str = Field(min_length=1)
    service_code: str = ""
    namespace: str = Field(default=RELEASE_6, pattern=f"^{SCHEMAS}")
    version: str = Field(default=VERSION_6, pattern=r"^\d+\.\d+\.\d+$")
    handset_octets: int = Field(default=100 * 1024, ge=10 * 1024, le=300 * 1024)
    """What a handset takes in all of which nobody knows it."""
    image_types: frozenset[str] = HandsetLimits().image_types
    timeout_seconds: float = Field(default=15.0, gt=0)


def mm7_settings(spec: LineSpec, environment: Mapping[str, str]) -> Mm7Settings:
    """How a line's MMSC knows us. Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING)."""
    options = read_options(Mm7Options, spec)
    return Mm7Settings(
        url=options.url,
        user=options.user,
        password=read_secret(options.password_variable, environment).get_secret_value(),
        vasp_id=options.vasp_id,
        vas_id=options.vas_id,
        service_code=options.service_code,
        release=Release(namespace=options.namespace, version=options.version),
        limits=HandsetLimits(octets=options.handset_octets, image_types=options.image_types),
    )


def mm7_peer(
    spec: LineSpec, environment: Mapping[str, str], *, renditions: Renditions, clock: Clock
) -> HttpPeer[Token]:
    """The peer of a line of protocol mm7. Raises InvalidInput."""
    options = read_options(Mm7Options, spec)
    http = HttpSettings(name=spec.name, url=options.url, window=spec.window, timeout_seconds=options.timeout_seconds)
    return HttpPeer(http, Mm7Exchange(mm7_settings(spec, environment), renditions, clock))


class Mm7Exchange:
    """One MMSC's way of taking messages."""

    repeatable = False

    def __init__(self, settings: Mm7Settings, renditions: Renditions, clock: Clock) -> None:
        self._settings = settings
        self._renditions = renditions
        self._clock = clock
        self._auth = httpx.BasicAuth(settings.user, settings.password)

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """One part, which the request turns into slides."""
        if message.channel != Channel.MMS or message.content is None:
            raise PartRefused(reason="CHANNEL_UNSUPPORTED", detail=f"an MMSC takes no {message.channel}")
        try:
            read_addressed(message.content)
        except InvalidInput as error:
            raise PartRefused(reason=error.reason, detail=error.detail) from error
        parts = {"reference": message.reference, "text": message.text, "content": message.content.decode()}
        body = json.dumps(parts).encode()
        return [OutgoingPart(1, 1, message.source, message.destination, body, 0)]

    async def request(self, part: OutgoingPart) -> httpx.Request:
        """The POST of a part, its slides fitted to the receiver's handset, or to the line's where nobody knows it."""
        parts = json.loads(part.body)
        content, handset = read_addressed(parts["content"].encode())
        try:
            renditions = await self._renditions(content.resource)
            if not renditions:
                raise PartRefused(reason="RESOURCE_UNKNOWN", detail=f"the library has no {content.resource}")
            slides = adapt(renditions, self._settings.limits.of(handset), text=parts["text"])
        except InvalidInput as error:
            raise PartRefused(reason=error.reason, detail=error.detail) from error
        submission = Submission(
            transaction=str(parts["reference"]),
            vasp_id=self._settings.vasp_id,
            vas_id=self._settings.vas_id,
            sender=part.source,
            msisdn=f"+{part.destination}",
            subject=content.subject,
            content=slide_show(slides, text=parts["text"]),
            at=self._clock.now(),
            service_code=self._settings.service_code,
        )
        body = write_submission(submission, self._settings.release)
        headers = {"content-type": mm7_type_of(body), "soapaction": '""'}
        return next(self._auth.sync_auth_flow(httpx.Request("POST", self._settings.url, content=body, headers=headers)))

    def read(self, part: OutgoingPart, status: int, body: bytes) -> PeerAnswer:  # noqa: ARG002 -- the exchange's shape
        """Status first, then the code of the envelope. Raises Barred on 401 and 403."""
        told = read_status(status, peer="the MMSC")
        if told is not None:
            return told
        try:
            said = read_answer(read_envelope(TEXT_XML, body))
        except MalformedDocument:
            return without_words(status)
        answer = answer_of(said.code)
        if answer is Answer.ACCEPTED and not said.message_id:
            return PeerAnswer(Answer.REFUSED, reason=NO_PEER_ID)
        return PeerAnswer(answer, said.message_id, "" if answer is Answer.ACCEPTED else f"MM7_{said.code}")
