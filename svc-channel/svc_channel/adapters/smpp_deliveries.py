"""Reads deliver_sm into receipts and inbound messages, one function a kind; acknowledges nothing."""

import logging

from svc_channel.adapters.line import LineDelivery
from svc_channel.adapters.smpp_values import Delivery
from svc_channel.domain.inbound import InboundPart, storable
from svc_channel.domain.message import PartState
from svc_channel.domain.number import to_e164
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.smpp.long_texts import read_sar
from svc_channel.domain.smpp.message_ids import normalise_id
from svc_channel.domain.smpp.pdus import DeliverSm
from svc_channel.domain.smpp.receipts import MessageState, UnreadableReceipt, parse_outcome
from svc_channel.domain.text.decoding import decode_text

PART_STATES = {
    MessageState.ENROUTE: PartState.SENT,
    MessageState.ACCEPTED: PartState.SENT,
    MessageState.DELIVERED: PartState.DELIVERED,
    MessageState.EXPIRED: PartState.EXPIRED,
    MessageState.DELETED: PartState.DELETED,
    MessageState.UNDELIVERABLE: PartState.UNDELIVERABLE,
    MessageState.UNKNOWN: PartState.UNKNOWN,
    MessageState.REJECTED: PartState.REJECTED,
}

logger = logging.getLogger(__name__)


def read_delivery(delivery: Delivery) -> LineDelivery:
    """A receipt or a part of an inbound message.

    A receipt that names no message or no state helps nobody: it is logged and acknowledged, for the SMSC would only
    send it again.
    """
    message = delivery.message
    if not message.is_receipt:
        return LineDelivery(delivery.sequence, inbound=read_inbound(message))
    try:
        return LineDelivery(delivery.sequence, receipt=read_receipt(message))
    except UnreadableReceipt as error:
        logger.warning("a receipt can't be read: %s", error)
        return LineDelivery(delivery.sequence)


def read_receipt(message: DeliverSm) -> PartReceipt:
    """What a receipt says about a part; its source is the number the part went to. Raises UnreadableReceipt."""
    message_id, state = parse_outcome(message)
    return PartReceipt(
        smsc_id=storable(normalise_id(message_id)),
        msisdn=to_e164(message.source, type_of_number=message.source_ton),
        state=PART_STATES[state],
    )


def read_inbound(message: DeliverSm) -> InboundPart:
    """One message of a subscriber, or one part of a longer one."""
    decoded = decode_text(message.payload, data_coding=message.data_coding, has_header=message.has_user_data_header)
    return InboundPart(
        sender=to_e164(message.source, type_of_number=message.source_ton),
        recipient=message.destination,
        text=storable(decoded.text),
        part=decoded.part or read_sar(message.tlvs),
        service_type=message.service_type,
        tlvs=message.tlvs,
    )
