"""Writes what the simulator owes as DELIVER, and cuts what subscribers send; must not decide when it goes."""

from datetime import datetime
from typing import Final

from svc_channel.domain.cmpp import pdus, reports
from svc_channel.domain.cmpp.commands import BEIJING
from svc_channel.domain.cmpp.reports import Report, render_report
from svc_channel.domain.cmpp.texts import cut_text
from svc_channel.domain.smpp.pdus import ESM_UDHI
from svc_channel.domain.smpp.receipts import MessageState
from svc_channel.domain.text.segmentation import Segment
from svc_channel.simulators.messages.mailbox import Owed, OwedReceipt, OwedTurn

_STATS: Final = {
    MessageState.ENROUTE: reports.ACCEPTED,
    MessageState.DELIVERED: reports.DELIVERED,
    MessageState.EXPIRED: reports.EXPIRED,
    MessageState.DELETED: reports.DELETED,
    MessageState.UNDELIVERABLE: reports.UNDELIVERABLE,
    MessageState.ACCEPTED: reports.ACCEPTED,
    MessageState.UNKNOWN: reports.UNKNOWN,
    MessageState.REJECTED: reports.REJECTED,
}


def cut_inbound(text: str, *, reference: int) -> tuple[Segment, ...]:
    """A subscriber's text as handsets send it: UCS2 beyond ASCII; the codes are Msg_Fmt's and TP_udhi's."""
    return tuple(
        Segment(
            number=part.number,
            total=part.total,
            data_coding=part.message_format,
            esm_class=ESM_UDHI if part.has_header else 0,
            short_message=part.content,
        )
        for part in cut_text(text, reference=reference)
    )


def render_owed(owed: Owed, now: float, *, version: int) -> pdus.Deliver:
    """A report about a message, or a message of a subscriber; ``now`` is in seconds since 1970."""
    if isinstance(owed, OwedTurn):
        raise TypeError("CMPP has no sessions")
    if isinstance(owed, OwedReceipt):
        report = Report(
            message_id=int(owed.message_id, 16),
            stat=_STATS[owed.state],
            destination=owed.destination,
            submitted=_written(owed.submitted_at),
            done=_written(now),
        )
        return pdus.Deliver(
            message_id=report.message_id,
            service_number=owed.source,
            source=owed.destination,
            content=render_report(report, version=version),
            is_report=True,
        )
    inbound = owed.inbound
    return pdus.Deliver(
        message_id=inbound.number,
        service_number=inbound.destination,
        source=inbound.source,
        content=inbound.short_message,
        message_format=inbound.data_coding,
        has_header=bool(inbound.esm_class & ESM_UDHI),
    )


def _written(moment: float) -> str:
    return datetime.fromtimestamp(moment, BEIJING).strftime("%y%m%d%H%M")
