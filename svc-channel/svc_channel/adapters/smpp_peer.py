"""One SMSC as a peer: what a line file says of it, how it wants its messages cut, how it is bound; must not keep it up."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal

from pydantic import BaseModel, ConfigDict, Field

from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.line import LinkLost, Outgoing, OutgoingPart, PartRefused, Token
from svc_channel.adapters.line_file import LineSpec, read_options, read_secret
from svc_channel.adapters.smpp_line import SmppLine
from svc_channel.adapters.smpp_link import SmppLink
from svc_channel.adapters.smpp_pair import SmppPair
from svc_channel.adapters.smpp_values import WRONG_CREDENTIALS, BindRefused, LinkSettings
from svc_channel.domain.channel import Channel
from svc_channel.domain.sessions.limits import LIMITS
from svc_channel.domain.smpp.errors import MalformedPdu
from svc_channel.domain.smpp.long_texts import REFERENCES_8, LongText, TextPart, cut_text
from svc_channel.domain.smpp.pdus import (
    INTERFACE_VERSION,
    INTERFACE_VERSION_5,
    MAXIMUM_ADDRESS_RANGE,
    MAXIMUM_SYSTEM_ID,
    MAXIMUM_SYSTEM_TYPE,
    Bind,
)
from svc_channel.domain.smpp.tlvs import Tlvs, read_tlvs
from svc_channel.domain.smpp.ussd import ASKS, SERVICE_TYPE, encode_screen, push_tlvs
from svc_channel.domain.text.segmentation import ESM_CLASS_HEADER, Segment
from svc_channel.domain.wap.carriage import cut_push

VERSIONS = {"3.4": INTERFACE_VERSION, "5.0": INTERFACE_VERSION_5}


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
    version: Literal["3.4", "5.0"] = "3.4"
    """5.0 falls back to 3.4 where the SMSC does not know it."""
    separate_binds: bool = False
    """A transmitter and a receiver instead of one transceiver."""
    long_texts: LongText = LongText.UDH8
    tlvs: dict[str, str] = Field(default_factory=dict)
    """Parameters that every submit_sm of the line carries, tags and values in hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppSettings:
    """One SMSC: how to reach it and how it wants long texts; ``tlvs`` go with every submit_sm."""

    link: LinkSettings
    separate_binds: bool = False
    long_texts: LongText = LongText.UDH8
    tlvs: Tlvs = ()


def smpp_settings(spec: LineSpec, environment: Mapping[str, str]) -> SmppSettings:
    """The settings of a line.

    Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING, TEXT_FIELD_REFUSED, TLV_UNREADABLE, TLV_TOO_LARGE).
    """
    options = read_options(SmppOptions, spec)
    password = read_secret(options.password_variable, environment).get_secret_value()
    try:
        tlvs = read_tlvs(options.tlvs)
        # What no bind can carry is told now, and not at the first one.
        Bind(
            system_id=options.system_id,
            password=password,
            system_type=options.system_type,
            address_range=options.address_range,
        )
    except MalformedPdu as error:
        detail = f"line {spec.name}, {error.field}: {error.detail}"
        raise InvalidInput(reason=error.reason, field=spec.name, detail=detail) from error
    link = LinkSettings(
        host=options.host,
        port=options.port,
        system_id=options.system_id,
        password=password,
        system_type=options.system_type,
        address_range=options.address_range,
        window=spec.window,
        enquire_link_seconds=options.enquire_link_seconds,
        response_timeout_seconds=options.response_timeout_seconds,
        interface_version=VERSIONS[options.version],
    )
    return SmppSettings(link=link, separate_binds=options.separate_binds, long_texts=options.long_texts, tlvs=tlvs)


class SmppPeer(Generic[Token]):
    """One SMSC and how it wants its messages."""

    def __init__(self, name: str, settings: SmppSettings) -> None:
        self.name = name
        self._settings = settings
        self._version = settings.link.interface_version

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """Parts in the way of this SMSC, with the line's parameters and the message's own.

        Raises PartRefused for a channel not spoken here and for content that can't be read.
        """
        if message.channel == Channel.USSD:
            return [_screen(message)]
        try:
            parts = self._cut_channel(message)
        except InvalidInput as error:
            raise PartRefused(reason=error.reason, detail=str(error)) from error
        except MalformedPdu as error:
            raise PartRefused(reason=error.reason, detail=error.detail) from error
        return [
            OutgoingPart(
                part.number,
                part.total,
                message.source,
                message.destination,
                part.short_message,
                part.data_coding,
                has_header=part.has_header,
                tlvs=part.tlvs,
            )
            for part in parts
        ]

    async def open(self) -> SmppLine[Token]:
        """Binds as the settings say. Raises LinkLost or BindRefused.

        An SMSC that does not know 5.0 answers its bind with an error or hangs up: it is bound as 3.4 then, at once and
        from then on.
        """
        try:
            return SmppLine(await self._bind())
        except (BindRefused, LinkLost) as error:
            if not self._may_fall_back(error):
                raise
            self._version = INTERFACE_VERSION
        return SmppLine(await self._bind())

    def _cut_channel(self, message: Outgoing) -> Sequence[TextPart]:
        reference = message.reference_over(self.name)
        if message.channel == Channel.SMS:
            parts = cut_text(message.text, reference=reference, way=self._settings.long_texts)
        elif message.channel == Channel.WAP_PUSH:
            segments = cut_push(message.content or b"", reference=reference % REFERENCES_8)
            parts = [_of_segment(segment) for segment in segments]
        else:
            raise PartRefused(reason="CHANNEL_NOT_OF_LINE", detail=f"{message.channel} does not go over SMPP")
        more = self._settings.tlvs + (_own_tlvs(message.content) if message.channel == Channel.SMS else ())
        return [replace(part, tlvs=part.tlvs + more) for part in parts] if more else parts

    async def _bind(self) -> SmppLink[Token] | SmppPair[Token]:
        settings = replace(self._settings.link, interface_version=self._version)
        if self._settings.separate_binds:
            return await SmppPair[Token].connect(settings)
        return await SmppLink[Token].connect(settings)

    def _may_fall_back(self, error: BindRefused | LinkLost[Any]) -> bool:
        if self._version == INTERFACE_VERSION:
            return False
        if isinstance(error, BindRefused):
            return error.status not in WRONG_CREDENTIALS
        return error.reason in {"CONNECTION_LOST", "PEER_UNBOUND"}


def _own_tlvs(content: bytes | None) -> Tlvs:
    """The parameters that a message brings as ``{"tlvs": {"0x1400": "0a0b"}}``. Raises PartRefused."""
    if not content:
        return ()
    try:
        return read_tlvs(json.loads(content)["tlvs"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        detail = 'the content of an SMS is {"tlvs": {tag: value}}'
        raise PartRefused(reason="CONTENT_UNREADABLE", detail=detail) from error


def _screen(message: Outgoing) -> OutgoingPart:
    """A USSD push: a notice, or with ``{"asks": true}`` a screen that is answered. Raises PartRefused TEXT_TOO_LONG."""
    if not LIMITS["ussd"].fits(message.text):
        raise PartRefused(reason="TEXT_TOO_LONG", detail="a USSD screen holds 182 characters, or 91 of UCS2")
    coding, octets = encode_screen(message.text)
    return OutgoingPart(
        1,
        1,
        message.source,
        message.destination,
        octets,
        coding,
        service_type=SERVICE_TYPE,
        tlvs=push_tlvs(asks=message.content == ASKS),
    )


def _of_segment(segment: Segment) -> TextPart:
    return TextPart(
        number=segment.number,
        total=segment.total,
        data_coding=segment.data_coding,
        short_message=segment.short_message,
        has_header=segment.esm_class == ESM_CLASS_HEADER,
    )
