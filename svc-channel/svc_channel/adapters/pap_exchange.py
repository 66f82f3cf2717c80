"""Speaks PAP to a push proxy gateway: wap_push messages out, answers read; must not keep, pace or repeat anything.

A push is known by its push-id, which is made of the message's own id: one that was sent again after a lost answer is
answered 2007 (duplicate), which proves that the first was taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC

import httpx
from pydantic import BaseModel, ConfigDict, Field

from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.http_line import HttpPeer, HttpSettings, PeerAnswer, read_status, without_words
from svc_channel.adapters.line import Outgoing, OutgoingPart, PartRefused, Token
from svc_channel.adapters.line_file import LineSpec, read_options, read_secret
from svc_channel.domain.channel import Channel
from svc_channel.domain.mms.notification import MmsNotification
from svc_channel.domain.pap.answers import read_answer
from svc_channel.domain.pap.codes import answer_of
from svc_channel.domain.pap.push_ids import make_push_id
from svc_channel.domain.pap.pushes import PushMessage, document_of, push_type_of, write_push
from svc_channel.domain.submission import NO_PEER_ID, Answer
from svc_channel.domain.wap.carriage import read_content
from svc_channel.domain.wap.indications import ServiceIndication
from svc_channel.domain.xml_documents import MalformedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class PapSettings:
    """How one proxy knows us.

    ``proxy`` stands behind the number in addresses, ``domain`` behind our push-ids. ``notify_to`` is the gateway's own
    address for result notifications; "" asks for none.
    """

    url: str
    user: str
    password: str = field(repr=False)
    proxy: str = "ppg.carillon.invalid"
    domain: str = "carillon"
    notify_to: str = ""

    @property
    def key(self) -> bytes:
        """What push-ids are signed with."""
        return self.password.encode()


class PapOptions(BaseModel):
    """What a line file says of a push proxy beside what it says of every line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=r"^https?://[^@\s]+$")
    user: str = Field(min_length=1)
    password_variable: str = Field(min_length=1)
    """The environment variable that holds the password."""
    proxy: str = Field(default="ppg.carillon.invalid", pattern=r"^[A-Za-z0-9.-]+$")
    domain: str = Field(default="carillon", pattern=r"^[A-Za-z0-9.-]+$")
    notify_to: str = Field(default="", pattern=r"^(https?://[^@\s]+)?$")
    """The gateway's /api/v1/channel/pap?line=NAME as the proxy reaches it; empty asks for no results."""
    timeout_seconds: float = Field(default=10.0, gt=0)


def pap_settings(spec: LineSpec, environment: Mapping[str, str]) -> PapSettings:
    """How a line's proxy knows us. Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING)."""
    options = read_options(PapOptions, spec)
    return PapSettings(
        url=options.url,
        user=options.user,
        password=read_secret(options.password_variable, environment).get_secret_value(),
        proxy=options.proxy,
        domain=options.domain,
        notify_to=options.notify_to,
    )


def pap_peer(spec: LineSpec, environment: Mapping[str, str]) -> HttpPeer[Token]:
    """The peer of a line of protocol pap. Raises InvalidInput."""
    options = read_options(PapOptions, spec)
    http = HttpSettings(name=spec.name, url=options.url, window=spec.window, timeout_seconds=options.timeout_seconds)
    return HttpPeer(http, PapExchange(pap_settings(spec, environment)))


class PapExchange:
    """One proxy's way of taking pushes (CHN-07)."""

    repeatable = True

    def __init__(self, settings: PapSettings) -> None:
        self._settings = settings
        self._auth = httpx.BasicAuth(settings.user, settings.password)

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """One part: the whole body of the submission."""
        if message.channel != Channel.WAP_PUSH or message.content is None:
            raise PartRefused(reason="CHANNEL_UNSUPPORTED", detail=f"a push proxy takes no {message.channel}")
        try:
            indication = read_content(message.content)
        except InvalidInput as error:
            raise PartRefused(reason=error.reason, detail=error.detail) from error
        if isinstance(indication, MmsNotification):
            raise PartRefused(reason="PUSH_UNSUPPORTED", detail="a push proxy is asked for SI and SL alone")
        expires = indication.expires if isinstance(indication, ServiceIndication) else None
        push = PushMessage(
            push_id=make_push_id(message.reference, domain=self._settings.domain, key=self._settings.key),
            source_reference=message.source,
            msisdn=f"+{message.destination}",
            proxy=self._settings.proxy,
            document=document_of(indication),
            notify_to=self._settings.notify_to,
            deliver_before=None if expires is None else expires.astimezone(UTC),
        )
        body = write_push(push)
        wants_receipt = bool(push.notify_to)
        return [OutgoingPart(1, 1, message.source, message.destination, body, 0, wants_receipt=wants_receipt)]

    async def request(self, part: OutgoingPart) -> httpx.Request:
        """The POST of a part."""
        headers = {"content-type": push_type_of(part.body)}
        request = httpx.Request("POST", self._settings.url, content=part.body, headers=headers)
        return next(self._auth.sync_auth_flow(request))

    def read(self, part: OutgoingPart, status: int, body: bytes) -> PeerAnswer:  # noqa: ARG002 -- the exchange's shape
        """Status first, then the code of the document. Raises Barred on 401 and 403."""
        told = read_status(status, peer="the push proxy")
        if told is not None:
            return told
        try:
            said = read_answer(body)
        except MalformedDocument:
            return without_words(status)
        answer = answer_of(said.code)
        if answer is Answer.ACCEPTED and not said.push_id:
            # Taken, but no result can ever name it: the message would stay open for good.
            return PeerAnswer(Answer.REFUSED, reason=NO_PEER_ID)
        return PeerAnswer(answer, said.push_id, "" if answer is Answer.ACCEPTED else f"PAP_{said.code}")
