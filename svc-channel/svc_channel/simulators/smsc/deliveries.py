"""Writes what the simulator owes as deliver_sm; must not decide when it goes."""

from datetime import UTC, datetime

from svc_channel.domain.smpp.pdus import NPI_ISDN, TON_INTERNATIONAL, TON_UNKNOWN, DeliverSm
from svc_channel.domain.smpp.receipts import Receipt, render_receipt
from svc_channel.domain.smpp.ussd import SERVICE_TYPE, encode_screen, turn_tlvs
from svc_channel.simulators.messages.mailbox import Owed, OwedReceipt, OwedTurn


def render_owed(owed: Owed, now: float) -> DeliverSm:
    """A receipt, from the subscriber's number to the one that had sent the message, or a subscriber's message.

    Subscribers' numbers are international (TON 1, NPI 1); the service's own number is not. ``now`` is in seconds
    since 1970.
    """
    if isinstance(owed, OwedReceipt):
        receipt = Receipt(
            message_id=owed.message_id,
            state=owed.state,
            submitted_at=datetime.fromtimestamp(owed.submitted_at, UTC),
            done_at=datetime.fromtimestamp(now, UTC),
            text=owed.text,
        )
        return render_receipt(receipt, source=owed.destination, destination=owed.source)
    if isinstance(owed, OwedTurn):
        return _render_turn(owed)
    inbound = owed.inbound
    return DeliverSm(
        source=inbound.source,
        source_ton=TON_INTERNATIONAL,
        source_npi=NPI_ISDN,
        destination=inbound.destination,
        destination_ton=TON_UNKNOWN,
        destination_npi=NPI_ISDN,
        data_coding=inbound.data_coding,
        esm_class=inbound.esm_class,
        short_message=inbound.short_message,
    )


def _render_turn(turn: OwedTurn) -> DeliverSm:
    coding, octets = encode_screen(turn.text)
    return DeliverSm(
        source=turn.source,
        source_ton=TON_INTERNATIONAL,
        source_npi=NPI_ISDN,
        destination=turn.destination,
        destination_ton=TON_UNKNOWN,
        destination_npi=NPI_ISDN,
        service_type=SERVICE_TYPE,
        data_coding=coding,
        short_message=octets,
        tlvs=turn_tlvs(turn.operation, session=turn.session, sequence=turn.sequence, is_last=turn.is_last),
    )
