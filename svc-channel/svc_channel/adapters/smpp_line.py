"""Translates between a line and SMPP: parts to submit_sm, statuses to answers; must not store, pace or reconnect."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic

from pydantic import BaseModel, ConfigDict, Field

from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.line import LineAnswer, LineDelivery, LineReceived, Outgoing, OutgoingPart, PartRefused, Token
from svc_channel.adapters.line_file import LineSpec, read_options, read_secret
from svc_channel.adapters.smpp_deliveries import read_delivery
from svc_channel.adapters.smpp_link import Delivery, LinkSettings, SmppLink, SubmitAnswer
from svc_channel.domain.channel import Channel
from svc_channel.domain.smpp import statuses
from svc_channel.domain.smpp.answers import read_status
from svc_channel.domain.smpp.errors import MalformedPdu
from svc_channel.domain.smpp.message_ids import normalise_id
from svc_channel.domain.smpp.pdus import (
    ESM_UDHI,
    MAXIMUM_ADDRESS_RANGE,
    MAXIMUM_SYSTEM_ID,
    MAXIMUM_SYSTEM_TYPE,
    REGISTERED_RECEIPT,
    SubmitSm,
)
from svc_channel.domain.submission import Answer
from svc_channel.domain.text.segmentation import ESM_CLASS_HEADER, Segment, segment_text
from svc_channel.domain.wap.carriage import cut_push

# The reference of a long message's parts is one octet.
REFERENCES = 256


class SmppLine(Generic[Token]):
    """A bound SMPP link as a line."""

    def __init__(self, link: SmppLink[Token]) -> None:
        self._link = link
        self._waiting: dict[int, Delivery] = {}

    @property
    def in_flight(self) -> int:
        """Submits on the wire without an answer."""
        return self._link.in_flight

    @property
    def lost(self) -> bool:
        """True once the link is over."""
        return self._link.lost

    async def submit(self, token: Token, part: OutgoingPart) -> None:
        """Puts one part on the wire. Raises LinkLost, or PartRefused for what no PDU can hold."""
        try:
            submit = SubmitSm(
                source=part.source,
                destination=part.destination,
                short_message=part.body,
                data_coding=part.data_coding,
                esm_class=ESM_UDHI if part.has_header else 0,
                registered_delivery=REGISTERED_RECEIPT if part.wants_receipt else 0,
                service_type=part.service_type,
                tlvs=part.tlvs,
            )
            await self._link.submit(token, submit)
        except MalformedPdu as error:
            raise PartRefused(reason=error.reason, detail=error.detail) from error

    async def receive(self) -> LineReceived[Token]:
        """Everything that came since the last receive. Raises LinkLost after the link's end."""
        received = await self._link.receive()
        self._waiting.update((delivery.sequence, delivery) for delivery in received.deliveries)
        return LineReceived(
            [_answer(answer) for answer in received.answers],
            [read_delivery(delivery) for delivery in received.deliveries],
        )

    def respond(self, deliveries: Iterable[LineDelivery], *, kept: bool = True) -> None:
        """Acknowledges deliveries, or (not ``kept``) says that our queue is full."""
        found = [self._waiting.pop(one.handle) for one in deliveries if one.handle in self._waiting]
        self._link.respond(found, status=statuses.OK if kept else statuses.MESSAGE_QUEUE_FULL)

    async def unbind(self, *, drain_seconds: float) -> tuple[Token, ...]:
        """Unbinds and closes; gives the tokens still in doubt."""
        return await self._link.unbind(drain_seconds=drain_seconds)


class SmppOptions(BaseModel):
    """What a line file says of an SMSC beside what it says of every line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: int = Field(default=2775, gt=0, lt=65536)
    system_id: str = Field(min_length=1, max_length=MAXIMUM_SYSTEM_ID)
    password_variable: str = Field(min_length=1)
    """The environment variable that holds the password."""
    system_type: str = Field(default="", max_length=MAXIMUM_SYSTEM_TYPE)
    address_range: str = Field(default="", max_length=MAXIMUM_ADDRESS_RANGE)
    enquire_link_seconds: float = Field(default=30.0, gt=0)
    response_timeout_seconds: float = Field(default=30.0, gt=0)


def smpp_settings(spec: LineSpec, environment: Mapping[str, str]) -> LinkSettings:
    """The settings of a line's link. Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING)."""
    options = read_options(SmppOptions, spec)
    return LinkSettings(
        host=options.host,
        port=options.port,
        system_id=options.system_id,
        password=read_secret(options.password_variable, environment).get_secret_value(),
        system_type=options.system_type,
        address_range=options.address_range,
        window=spec.window,
        enquire_link_seconds=options.enquire_link_seconds,
        response_timeout_seconds=options.response_timeout_seconds,
    )


class SmppPeer(Generic[Token]):
    """One SMSC and how it wants its messages."""

    def __init__(self, name: str, settings: LinkSettings) -> None:
        self.name = name
        self._settings = settings

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """Parts under one 8-bit reference in a user data header. Raises PartRefused for a channel not spoken here."""
        return [
            OutgoingPart(
                segment.number,
                segment.total,
                message.source,
                message.destination,
                segment.short_message,
                segment.data_coding,
                has_header=segment.esm_class == ESM_CLASS_HEADER,
            )
            for segment in _segments(message)
        ]

    async def open(self) -> SmppLine[Token]:
        """Binds a transceiver. Raises LinkLost or BindRefused."""
        link: SmppLink[Token] = await SmppLink.connect(self._settings)
        return SmppLine(link)


def _segments(message: Outgoing) -> Sequence[Segment]:
    reference = message.reference % REFERENCES
    try:
        if message.channel == Channel.SMS:
            return segment_text(message.text, reference=reference)
        if message.channel == Channel.WAP_PUSH:
            return cut_push(message.content or b"", reference=reference)
    except InvalidInput as error:
        raise PartRefused(reason=error.reason, detail=str(error)) from error
    raise PartRefused(reason="CHANNEL_NOT_OF_LINE", detail=f"{message.channel} does not go over SMPP")


def _answer(answer: SubmitAnswer[Token]) -> LineAnswer[Token]:
    if answer.status is None:
        return LineAnswer(answer.token, Answer.LOST)
    if answer.accepted and answer.message_id:
        return LineAnswer(answer.token, Answer.ACCEPTED, normalise_id(answer.message_id))
    kind, reason = read_status(answer.status)
    return LineAnswer(answer.token, kind, reason=reason)
