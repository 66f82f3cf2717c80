"""CMPP PDU bodies as values that check themselves; must not know octets, sequence numbers or sockets.

Text fields are ASCII without NUL and at most as long as their field; terminal numbers are 21 octets in 2.0, 32 in 3.0.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from svc_channel.domain.cmpp import commands, results
from svc_channel.domain.cmpp.authenticator import AUTHENTICATOR_SIZE
from svc_channel.domain.cmpp.errors import MalformedPdu

FORMAT_ASCII: Final = 0
FORMAT_BINARY: Final = 4
FORMAT_UCS2: Final = 8
FORMAT_GBK: Final = 15

MAXIMUM_DESTINATIONS: Final = 100
MAXIMUM_ASCII: Final = 160
MAXIMUM_CONTENT: Final = 140
# A report of 3.0 has 71 octets; other deliveries are texts. One octet counts them.
MAXIMUM_DELIVERED: Final = 255
MAXIMUM_TERMINAL: Final = 32
MAXIMUM_TERMINAL_20: Final = 21
MAXIMUM_SERVICE_NUMBER: Final = 21
MAXIMUM_SERVICE: Final = 10
MAXIMUM_SOURCE: Final = 6
MAXIMUM_TIME: Final = 17
MAXIMUM_LINK: Final = 20
_LARGEST_TIMESTAMP: Final = 1231235959


def _check_text(value: str, maximum: int, name: str, result: int = results.WRONG_STRUCTURE) -> None:
    if len(value) > maximum or not value.isascii() or "\0" in value:
        detail = f"at most {maximum} ASCII characters without NUL"
        raise MalformedPdu(reason="TEXT_FIELD_REFUSED", field=name, detail=detail, result=result)


def _check_authenticator(value: bytes) -> None:
    if len(value) != AUTHENTICATOR_SIZE:
        raise MalformedPdu(reason="AUTHENTICATOR_REFUSED", field="Authenticator", detail="an MD5 has 16 octets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """The service provider says who it is (SP to ISMG)."""

    command: ClassVar[int] = commands.CONNECT
    source: str
    authenticator: bytes = field(repr=False)
    version: int
    timestamp: int

    def __post_init__(self) -> None:
        _check_text(self.source, MAXIMUM_SOURCE, "Source_Addr", results.CONNECT_WRONG_SOURCE)
        _check_authenticator(self.authenticator)
        if not 0 <= self.timestamp <= _LARGEST_TIMESTAMP:
            raise MalformedPdu(reason="TIMESTAMP_REFUSED", field="Timestamp", detail="MMDDHHMMSS as a number")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectResp:
    """The ISMG's answer; the status' width follows ``version``."""

    command: ClassVar[int] = commands.CONNECT_RESP
    status: int
    authenticator: bytes = field(default=bytes(AUTHENTICATOR_SIZE), repr=False)
    version: int

    def __post_init__(self) -> None:
        _check_authenticator(self.authenticator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminate:
    """Asks to end the session."""

    command: ClassVar[int] = commands.TERMINATE


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateResp:
    """Agrees to it."""

    command: ClassVar[int] = commands.TERMINATE_RESP


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveTest:
    """Asks whether the peer is alive."""

    command: ClassVar[int] = commands.ACTIVE_TEST


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveTestResp:
    """Says it is."""

    command: ClassVar[int] = commands.ACTIVE_TEST_RESP


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """A message on its way to subscribers (SP to ISMG).

    ``content`` are the octets as sent, user data header included when ``has_header`` (TP_udhi); ``service_number`` is
    Src_Id, the number that the handset shows. The types of terminals and ``link`` travel in 3.0 alone.
    """

    command: ClassVar[int] = commands.SUBMIT
    service_number: str
    destinations: tuple[str, ...]
    content: bytes
    message_format: int = FORMAT_ASCII
    has_header: bool = False
    total: int = 1
    number: int = 1
    report_wanted: bool = True
    level: int = 0
    service: str = ""
    fee_user_type: int = 0
    fee_terminal: str = ""
    fee_terminal_type: int = 0
    protocol_id: int = 0
    message_source: str = ""
    fee_type: str = "01"
    fee_code: str = ""
    valid_until: str = ""
    send_at: str = ""
    destination_type: int = 0
    link: str = ""

    def __post_init__(self) -> None:
        _check_text(self.service_number, MAXIMUM_SERVICE_NUMBER, "Src_Id", results.WRONG_SOURCE)
        if not 1 <= len(self.destinations) <= MAXIMUM_DESTINATIONS:
            detail = f"1 to {MAXIMUM_DESTINATIONS} numbers"
            raise MalformedPdu(
                reason="DESTINATIONS_REFUSED", field="DestUsr_tl", detail=detail, result=results.WRONG_DESTINATION
            )
        for destination in self.destinations:
            _check_text(destination, MAXIMUM_TERMINAL, "Dest_terminal_Id", results.WRONG_DESTINATION)
        longest = MAXIMUM_ASCII if self.message_format == FORMAT_ASCII else MAXIMUM_CONTENT
        if len(self.content) > longest:
            raise MalformedPdu(
                reason="CONTENT_TOO_LONG",
                field="Msg_Content",
                detail=f"at most {longest} octets in this format",
                result=results.MESSAGE_TOO_LONG,
            )
        _check_text(self.service, MAXIMUM_SERVICE, "Service_Id", results.WRONG_SERVICE)
        _check_text(self.fee_terminal, MAXIMUM_TERMINAL, "Fee_terminal_Id", results.WRONG_FEE_TERMINAL)
        _check_text(self.message_source, MAXIMUM_SOURCE, "Msg_src", results.WRONG_MESSAGE_SOURCE)
        _check_text(self.fee_type, 2, "FeeType", results.WRONG_FEE_CODE)
        _check_text(self.fee_code, 6, "FeeCode", results.WRONG_FEE_CODE)
        _check_text(self.valid_until, MAXIMUM_TIME, "Valid_Time")
        _check_text(self.send_at, MAXIMUM_TIME, "At_Time")
        _check_text(self.link, MAXIMUM_LINK, "LinkID")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitResp:
    """The answer to SUBMIT; ``message_id`` is the ISMG's, 0 with an error."""

    command: ClassVar[int] = commands.SUBMIT_RESP
    message_id: int
    result: int = results.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """A message of a subscriber, or the report of a sent one when ``is_report`` (ISMG to SP)."""

    command: ClassVar[int] = commands.DELIVER
    message_id: int
    service_number: str
    source: str
    content: bytes
    message_format: int = FORMAT_ASCII
    has_header: bool = False
    is_report: bool = False
    service: str = ""
    protocol_id: int = 0
    source_type: int = 0
    link: str = ""

    def __post_init__(self) -> None:
        _check_text(self.service_number, MAXIMUM_SERVICE_NUMBER, "Dest_Id")
        _check_text(self.source, MAXIMUM_TERMINAL, "Src_terminal_Id")
        _check_text(self.service, MAXIMUM_SERVICE, "Service_Id")
        _check_text(self.link, MAXIMUM_LINK, "LinkID")
        if len(self.content) > MAXIMUM_DELIVERED:
            detail = f"at most {MAXIMUM_DELIVERED} octets"
            raise MalformedPdu(reason="CONTENT_TOO_LONG", field="Msg_Content", detail=detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverResp:
    """The answer to DELIVER, under its ``message_id``; any result but OK has it come again."""

    command: ClassVar[int] = commands.DELIVER_RESP
    message_id: int
    result: int = results.OK


Pdu = (
    Connect
    | ConnectResp
    | Terminate
    | TerminateResp
    | Submit
    | SubmitResp
    | Deliver
    | DeliverResp
    | ActiveTest
    | ActiveTestResp
)
