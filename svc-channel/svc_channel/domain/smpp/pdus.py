"""SMPP 3.4 PDU bodies as values that check themselves; must not know octets, sequence numbers or sockets.

Text fields are ASCII without NUL; lengths are those of the specification less the closing NUL.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from svc_channel.domain.smpp import commands, statuses
from svc_channel.domain.smpp.errors import MalformedPdu
from svc_channel.domain.smpp.tlvs import MESSAGE_PAYLOAD, Tlvs, find_tlv

INTERFACE_VERSION: Final = 0x34
INTERFACE_VERSION_5: Final = 0x50

ESM_RECEIPT: Final = 0x04
ESM_INTERMEDIATE: Final = 0x20
ESM_UDHI: Final = 0x40
# Bits 5-2 of esm_class tell what kind of message this is.
_ESM_KIND: Final = 0x3C

REGISTERED_RECEIPT: Final = 0x01

MAXIMUM_ADDRESS: Final = 20
MAXIMUM_MESSAGE_ID: Final = 64
# sm_length is one octet and 255 is reserved; longer texts go into the message_payload parameter.
MAXIMUM_SHORT_MESSAGE: Final = 254
MAXIMUM_SYSTEM_ID: Final = 15
MAXIMUM_PASSWORD: Final = 8
MAXIMUM_SYSTEM_TYPE: Final = 12
MAXIMUM_ADDRESS_RANGE: Final = 40
MAXIMUM_SERVICE_TYPE: Final = 5
MAXIMUM_TIME: Final = 16

TON_UNKNOWN: Final = 0
TON_INTERNATIONAL: Final = 1
NPI_UNKNOWN: Final = 0
NPI_ISDN: Final = 1


def _check_text(value: str, maximum: int, name: str, status: int) -> None:
    if len(value) > maximum or not value.isascii() or "\0" in value:
        detail = f"at most {maximum} ASCII characters without NUL"
        raise MalformedPdu(reason="TEXT_FIELD_REFUSED", field=name, detail=detail, status=status)


def _check_octets(*values: int) -> None:
    for value in values:
        if not 0 <= value <= 0xFF:  # noqa: PLR2004 -- the largest octet
            raise MalformedPdu(reason="OCTET_OUT_OF_RANGE", field="octet fields", detail=f"{value} is not 0..255")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """bind_receiver, bind_transmitter or bind_transceiver, told apart by ``command``."""

    command: int = commands.BIND_TRANSCEIVER
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    interface_version: int = INTERFACE_VERSION
    ton: int = TON_UNKNOWN
    npi: int = NPI_UNKNOWN
    address_range: str = ""

    def __post_init__(self) -> None:
        _check_text(self.system_id, MAXIMUM_SYSTEM_ID, "system_id", statuses.INVALID_SYSTEM_ID)
        _check_text(self.password, MAXIMUM_PASSWORD, "password", statuses.INVALID_PASSWORD)
        _check_text(self.system_type, MAXIMUM_SYSTEM_TYPE, "system_type", statuses.BIND_FAILED)
        _check_text(self.address_range, MAXIMUM_ADDRESS_RANGE, "address_range", statuses.BIND_FAILED)
        _check_octets(self.interface_version, self.ton, self.npi)


@dataclass(frozen=True, slots=True, kw_only=True)
class BindResp:
    """The answer to a bind; ``command`` is the bind's with the response bit."""

    command: int = commands.BIND_TRANSCEIVER_RESP
    system_id: str = ""
    tlvs: Tlvs = ()

    def __post_init__(self) -> None:
        _check_text(self.system_id, MAXIMUM_SYSTEM_ID, "system_id", statuses.INVALID_SYSTEM_ID)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """What submit_sm and deliver_sm have in common.

    ``short_message`` are the octets as sent, user data header included when ``esm_class`` has ESM_UDHI.
    """

    source: str
    destination: str
    short_message: bytes = b""
    data_coding: int = 0
    esm_class: int = 0
    registered_delivery: int = 0
    source_ton: int = TON_INTERNATIONAL
    source_npi: int = NPI_ISDN
    destination_ton: int = TON_INTERNATIONAL
    destination_npi: int = NPI_ISDN
    service_type: str = ""
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    replace_if_present_flag: int = 0
    sm_default_msg_id: int = 0
    tlvs: Tlvs = ()

    def __post_init__(self) -> None:
        _check_text(self.source, MAXIMUM_ADDRESS, "source", statuses.INVALID_SOURCE)
        _check_text(self.destination, MAXIMUM_ADDRESS, "destination", statuses.INVALID_DESTINATION)
        if len(self.short_message) > MAXIMUM_SHORT_MESSAGE:
            raise MalformedPdu(
                reason="SHORT_MESSAGE_TOO_LONG",
                field="short_message",
                detail=f"at most {MAXIMUM_SHORT_MESSAGE} octets; longer ones go into message_payload",
                status=statuses.INVALID_MESSAGE_LENGTH,
            )
        if self.service_type or self.schedule_delivery_time or self.validity_period:
            _check_text(self.service_type, MAXIMUM_SERVICE_TYPE, "service_type", statuses.INVALID_SERVICE_TYPE)
            _check_text(self.schedule_delivery_time, MAXIMUM_TIME, "schedule_delivery_time", statuses.SYSTEM_ERROR)
            _check_text(self.validity_period, MAXIMUM_TIME, "validity_period", statuses.SYSTEM_ERROR)

    @property
    def payload(self) -> bytes:
        """The user data: short_message, or the message_payload parameter where short_message is empty."""
        return self.short_message or find_tlv(self.tlvs, MESSAGE_PAYLOAD) or b""

    @property
    def has_user_data_header(self) -> bool:
        """True when the payload opens with a user data header."""
        return bool(self.esm_class & ESM_UDHI)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSm(ShortMessage):
    """A message on its way to a subscriber (ESME to SMSC)."""

    command: ClassVar[int] = commands.SUBMIT_SM


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSm(ShortMessage):
    """A message from a subscriber, or a delivery receipt (SMSC to ESME)."""

    command: ClassVar[int] = commands.DELIVER_SM

    @property
    def is_receipt(self) -> bool:
        """True for a final receipt and for an intermediate notification, both of which tell of a sent message."""
        return self.esm_class & _ESM_KIND in {ESM_RECEIPT, ESM_INTERMEDIATE}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSmResp:
    """The answer to submit_sm; ``message_id`` is the SMSC's, empty with an error status."""

    command: ClassVar[int] = commands.SUBMIT_SM_RESP
    message_id: str = ""

    def __post_init__(self) -> None:
        _check_text(self.message_id, MAXIMUM_MESSAGE_ID, "message_id", statuses.SYSTEM_ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSmResp:
    """The answer to deliver_sm; its message_id is unused and empty in 3.4."""

    command: ClassVar[int] = commands.DELIVER_SM_RESP


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLink:
    """Asks whether the peer is alive."""

    command: ClassVar[int] = commands.ENQUIRE_LINK


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLinkResp:
    """Says it is."""

    command: ClassVar[int] = commands.ENQUIRE_LINK_RESP


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind:
    """Asks to end the session."""

    command: ClassVar[int] = commands.UNBIND


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbindResp:
    """Agrees to it."""

    command: ClassVar[int] = commands.UNBIND_RESP


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericNack:
    """The answer to a PDU that could not be understood."""

    command: ClassVar[int] = commands.GENERIC_NACK


Pdu = (
    Bind
    | BindResp
    | SubmitSm
    | SubmitSmResp
    | DeliverSm
    | DeliverSmResp
    | EnquireLink
    | EnquireLinkResp
    | Unbind
    | UnbindResp
    | GenericNack
)
