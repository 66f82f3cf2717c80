"""Translates between a line's values and CMPP's: parts to SUBMIT, DELIVER to receipts and inbound; acknowledges nothing."""

import logging
from typing import Final

from svc_channel.adapters.cmpp_values import CmppSettings
from svc_channel.adapters.line import LineAnswer, LineDelivery, OutgoingPart, PartRefused, Token
from svc_channel.domain.cmpp import pdus, reports, results
from svc_channel.domain.cmpp.answers import read_result
from svc_channel.domain.cmpp.errors import MalformedPdu
from svc_channel.domain.cmpp.message_ids import id_text
from svc_channel.domain.cmpp.texts import read_text
from svc_channel.domain.inbound import InboundPart, storable
from svc_channel.domain.message import PartState
from svc_channel.domain.number import to_e164
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.submission import Answer

NOT_FOR_CMPP: Final = "NOT_FOR_CMPP"
"""The part needs optional parameters, which CMPP does not have."""

_PART_STATES: Final = {
    reports.ACCEPTED: PartState.SENT,
    reports.DELIVERED: PartState.DELIVERED,
    reports.EXPIRED: PartState.EXPIRED,
    reports.DELETED: PartState.DELETED,
    reports.UNDELIVERABLE: PartState.UNDELIVERABLE,
    reports.UNKNOWN: PartState.UNKNOWN,
    reports.REJECTED: PartState.REJECTED,
}
# A national mobile number and the same with its country code; any other takes the long way.
_NATIONAL_DIGITS: Final = 11
_COUNTRY_CODE: Final = "86"

logger = logging.getLogger(__name__)


def write_submit(part: OutgoingPart, settings: CmppSettings) -> pdus.Submit:
    """The SUBMIT that carries a part. Raises PartRefused for what no SUBMIT can hold."""
    if part.tlvs:
        raise PartRefused(reason=NOT_FOR_CMPP, detail="CMPP has no optional parameters")
    try:
        return pdus.Submit(
            service_number=part.source,
            destinations=(part.destination,),
            content=part.body,
            message_format=part.data_coding,
            has_header=part.has_header,
            total=part.total,
            number=part.number,
            report_wanted=part.wants_receipt,
            message_source=settings.source,
            service=settings.service,
            fee_user_type=settings.fee_user_type,
            fee_type=settings.fee_type,
            fee_code=settings.fee_code,
        )
    except MalformedPdu as error:
        raise PartRefused(reason=error.reason, detail=error.detail) from error


def read_answer(token: Token, answer: pdus.SubmitResp) -> LineAnswer[Token]:
    """What the ISMG said to a submit."""
    if answer.result == results.OK and answer.message_id:
        return LineAnswer(token, Answer.ACCEPTED, id_text(answer.message_id))
    kind, reason = read_result(answer.result)
    return LineAnswer(token, kind, reason=reason)


def read_delivery(handle: int, message: pdus.Deliver) -> LineDelivery:
    """A report or a part of an inbound message.

    A report that names no message or no state helps nobody: it is logged and acknowledged, for the ISMG would only
    send it again.
    """
    if not message.is_report:
        return LineDelivery(handle, inbound=_read_inbound(message))
    try:
        return LineDelivery(handle, receipt=_read_receipt(message))
    except reports.UnreadableReport as error:
        logger.warning("a report can't be read: %s", error)
        return LineDelivery(handle)


def _read_receipt(message: pdus.Deliver) -> PartReceipt:
    report = reports.parse_report(message.content)
    return PartReceipt(
        smsc_id=id_text(report.message_id),
        msisdn=_number(report.destination or message.source),
        # Networks have final codes of their own, such as MA:0022 or DB:0141; all of them are failures.
        state=_PART_STATES.get(report.stat, PartState.UNDELIVERABLE),
    )


def _read_inbound(message: pdus.Deliver) -> InboundPart:
    decoded = read_text(message.content, message_format=message.message_format, has_header=message.has_header)
    return InboundPart(
        sender=_number(message.source),
        recipient=message.service_number,
        text=storable(decoded.text),
        part=decoded.part,
    )


def _number(terminal: str) -> str:
    """E.164 of a terminal's number, with the country code or without."""
    if terminal.isascii() and terminal.isdecimal():
        if len(terminal) == _NATIONAL_DIGITS and terminal.startswith("1"):
            return f"+{_COUNTRY_CODE}{terminal}"
        if len(terminal) == len(_COUNTRY_CODE) + _NATIONAL_DIGITS and terminal.startswith(_COUNTRY_CODE + "1"):
            return f"+{terminal}"
    return to_e164(terminal, type_of_number=0)
