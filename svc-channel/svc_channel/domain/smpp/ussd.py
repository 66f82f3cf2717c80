"""USSD over SMPP: what a turn's optional parameters say, and those of the answer; must not know menus or sessions."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from svc_channel.domain.sessions.turn import TurnKind
from svc_channel.domain.smpp.tlvs import ITS_SESSION_INFO, USSD_SERVICE_OP, Tlvs, find_tlv
from svc_channel.domain.text.gsm7 import encode_gsm7
from svc_channel.domain.text.segmentation import DATA_CODING_UCS2

SERVICE_TYPE: Final = "USSD"
# GSM 03.38 as USSD gateways name it: language unspecified, in the terms of the cell broadcast's coding scheme.
DATA_CODING_USSD: Final = 0x0F
# The content of a message that is a screen to be answered.
ASKS: Final = b'{"asks": true}'
# The number of a turn is seven bits beside the bit that ends the session.
_LARGEST_SEQUENCE: Final = 0x7F
_INFO_OCTETS: Final = 2


class UssdOperation(IntEnum):
    """ussd_service_op."""

    PSSD_INDICATION = 0
    PSSR_INDICATION = 1
    """Somebody dialled a code."""
    USSR_REQUEST = 2
    """We show a screen and ask for an input."""
    USSN_REQUEST = 3
    """We show a screen and ask for nothing."""
    PSSD_RESPONSE = 16
    PSSR_RESPONSE = 17
    """We show the last screen of a session that they began."""
    USSR_CONFIRM = 18
    """They answered our screen."""
    USSN_CONFIRM = 19
    """They saw it."""


_BEGINNING: Final = frozenset({UssdOperation.PSSD_INDICATION, UssdOperation.PSSR_INDICATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class UssdInfo:
    """``session`` is the network's number, one octet that it uses again; ``sequence`` the turn within it, 0 to 127."""

    operation: int
    session: int = 0
    sequence: int = 0
    is_last: bool = False
    is_numbered: bool = True

    @property
    def kind(self) -> TurnKind:
        """What happened. Vendors end a session by an operation of their own (32 and up), or by the last-turn bit."""
        if self.operation in _BEGINNING:
            return TurnKind.BEGIN
        if self.operation == UssdOperation.USSR_CONFIRM and not self.is_last:
            return TurnKind.INPUT
        return TurnKind.ABORT


def read_ussd(tlvs: Tlvs, *, text: str) -> UssdInfo:
    """What a deliver_sm of a USSD session says. Without an operation a dialled code begins, and all else answers."""
    told = find_tlv(tlvs, USSD_SERVICE_OP)
    if told:
        operation = told[0]
    else:
        operation = UssdOperation.PSSR_INDICATION if text.startswith(("*", "#")) else UssdOperation.USSR_CONFIRM
    info = find_tlv(tlvs, ITS_SESSION_INFO)
    if info is None or len(info) != _INFO_OCTETS:
        return UssdInfo(operation=operation, is_numbered=False)
    return UssdInfo(operation=operation, session=info[0], sequence=info[1] >> 1, is_last=bool(info[1] & 1))


def answer_tlvs(info: UssdInfo, *, ends: bool) -> Tlvs:
    """The parameters of the screen that answers a turn: it asks for an input, or it is the last."""
    operation = UssdOperation.PSSR_RESPONSE if ends else UssdOperation.USSR_REQUEST
    tlvs: list[tuple[int, bytes]] = [(USSD_SERVICE_OP, bytes((operation,)))]
    if info.is_numbered:
        sequence = (info.sequence + 1) & _LARGEST_SEQUENCE
        tlvs.append((ITS_SESSION_INFO, bytes((info.session, sequence << 1 | int(ends)))))
    return tuple(tlvs)


def push_tlvs(*, asks: bool) -> Tlvs:
    """The parameters of a screen that nobody dialled for; the network gives its session a number."""
    operation = UssdOperation.USSR_REQUEST if asks else UssdOperation.USSN_REQUEST
    return ((USSD_SERVICE_OP, bytes((operation,))),)


def turn_tlvs(operation: int, *, session: int, sequence: int, is_last: bool = False) -> Tlvs:
    """The parameters of a network's turn, as a simulator sends it."""
    last = bytes((session, (sequence & _LARGEST_SEQUENCE) << 1 | int(is_last)))
    return ((USSD_SERVICE_OP, bytes((operation,))), (ITS_SESSION_INFO, last))


def encode_screen(text: str) -> tuple[int, bytes]:
    """data_coding and octets of a screen: GSM 03.38 where it has every character, UCS2 otherwise."""
    septets = encode_gsm7(text)
    if septets is not None:
        return DATA_CODING_USSD, b"".join(septets)
    return DATA_CODING_UCS2, text.encode("utf-16-be")
