"""One ISMG and how it wants its messages; must not hold a connection: opening one gives a line."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Generic, Literal

from pydantic import BaseModel, ConfigDict, Field

from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.cmpp_link import CmppLink
from svc_channel.adapters.cmpp_values import CmppSettings
from svc_channel.adapters.line import Outgoing, OutgoingPart, PartRefused, Token
from svc_channel.adapters.line_file import LineSpec, read_options, read_secret
from svc_channel.domain.channel import Channel
from svc_channel.domain.cmpp import commands, pdus
from svc_channel.domain.cmpp.texts import MAXIMUM_SIGNATURE_ROOM, WideFormat, cut_text
from svc_channel.domain.wap.carriage import cut_push

# The reference of a long message's parts is one octet.
REFERENCES: Final = 256
# The specification's; a line file may say another for an ISMG that allows more.
DEFAULT_WINDOW: Final = 16


class CmppOptions(BaseModel):
    """What a line file says of an ISMG beside what it says of every line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: int = Field(default=7890, gt=0, lt=65536)
    source: str = Field(min_length=1, max_length=pdus.MAXIMUM_SOURCE)
    """The service provider's id."""
    secret_variable: str = Field(min_length=1)
    """The environment variable that holds the shared secret."""
    version: Literal["2.0", "2.1", "3.0"] = "3.0"
    checks_ismg: bool = True
    """Off for an ISMG that is known to prove nothing; then anybody at its address is taken for it."""
    service: str = Field(default="", max_length=pdus.MAXIMUM_SERVICE)
    fee_type: str = Field(default="01", max_length=2)
    fee_code: str = Field(default="", max_length=6)
    fee_user_type: int = Field(default=0, ge=0, le=3)
    wide_format: WideFormat = WideFormat.UCS2
    """How texts beyond ASCII travel."""
    signature_room: int = Field(default=0, ge=0, le=MAXIMUM_SIGNATURE_ROOM)
    """Characters that the operator's signature takes of each part."""
    active_test_seconds: float = Field(default=30.0, gt=0)
    response_timeout_seconds: float = Field(default=60.0, gt=0)
    refused_wait_seconds: float = Field(default=30.0, ge=30.0)
    """How long an ISMG is left alone that refuses who we are; never less, for operators lock out who tries on."""


def cmpp_settings(spec: LineSpec, environment: Mapping[str, str]) -> CmppSettings:
    """The settings of a line's link. Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING)."""
    options = read_options(CmppOptions, spec)
    return CmppSettings(
        host=options.host,
        port=options.port,
        source=options.source,
        secret=read_secret(options.secret_variable, environment).get_secret_value(),
        version=commands.VERSION_NAMES[options.version],
        window=spec.window if "window" in spec.model_fields_set else DEFAULT_WINDOW,
        checks_ismg=options.checks_ismg,
        service=options.service,
        fee_type=options.fee_type,
        fee_code=options.fee_code,
        fee_user_type=options.fee_user_type,
        wide=options.wide_format,
        signature_room=options.signature_room,
        active_test_seconds=options.active_test_seconds,
        response_timeout_seconds=options.response_timeout_seconds,
        refused_wait_seconds=options.refused_wait_seconds,
    )


class CmppPeer(Generic[Token]):
    """Cuts messages in the line's format with room for its signature, and connects with its secret."""

    def __init__(self, name: str, settings: CmppSettings, *, now: Callable[[], datetime]) -> None:
        self.name = name
        self._settings = settings
        self._now = now

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """Parts under one 8-bit reference; ``data_coding`` is their Msg_Fmt. Raises PartRefused."""
        try:
            return [
                OutgoingPart(
                    number, total, message.source, message.destination, body, message_format, has_header=has_header
                )
                for number, total, body, message_format, has_header in self._bodies(message)
            ]
        except InvalidInput as error:
            raise PartRefused(reason=error.reason, detail=str(error)) from error

    async def open(self) -> CmppLink[Token]:
        """Connects. Raises LinkLost or ConnectRefused."""
        return await CmppLink.connect(self._settings, now=self._now)

    def _bodies(self, message: Outgoing) -> list[tuple[int, int, bytes, int, bool]]:
        """Number, total, octets, Msg_Fmt and TP_udhi of each part. Raises InvalidInput, PartRefused."""
        reference = message.reference_over(self.name) % REFERENCES
        if message.channel == Channel.SMS:
            wide, room = self._settings.wide, self._settings.signature_room
            parts = cut_text(message.text, reference=reference, wide=wide, signature_room=room)
            return [(one.number, one.total, one.content, one.message_format, one.has_header) for one in parts]
        if message.channel == Channel.WAP_PUSH:
            pushed = cut_push(message.content or b"", reference=reference)
            return [(one.number, one.total, one.short_message, pdus.FORMAT_BINARY, True) for one in pushed]
        raise PartRefused(reason="CHANNEL_NOT_OF_LINE", detail=f"{message.channel} does not go over CMPP")
