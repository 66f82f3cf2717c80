"""Status reports: what became of a sent message, as the content of a DELIVER; must not match or store them."""

import struct
from dataclasses import dataclass
from typing import Final

from svc_channel.domain.cmpp import results
from svc_channel.domain.cmpp.errors import MalformedPdu
from svc_channel.domain.cmpp.layouts import layout_of

DELIVERED: Final = "DELIVRD"
EXPIRED: Final = "EXPIRED"
DELETED: Final = "DELETED"
UNDELIVERABLE: Final = "UNDELIV"
ACCEPTED: Final = "ACCEPTD"
UNKNOWN: Final = "UNKNOWN"
REJECTED: Final = "REJECTD"
STATS: Final = frozenset({DELIVERED, EXPIRED, DELETED, UNDELIVERABLE, ACCEPTED, UNKNOWN, REJECTED})
_STAT_SIZE: Final = 7

# Msg_Id, Stat, Submit_time, Done_time, Dest_terminal_Id, SMSC_sequence.
_REPORT_20: Final = struct.Struct("!Q7s10s10s21sI")
_REPORT_30: Final = struct.Struct("!Q7s10s10s32sI")
_REPORTS: Final = {layout.size: layout for layout in (_REPORT_20, _REPORT_30)}


class UnreadableReport(MalformedPdu):
    """A report that does not say which message it is about or what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of the message ``message_id`` that went to ``destination``.

    ``stat`` is one of STATS or a network's own code, such as ``MA:0022``; times are local YYMMDDhhmm as written.
    """

    message_id: int
    stat: str
    destination: str
    submitted: str = ""
    done: str = ""
    smsc_sequence: int = 0

    def __post_init__(self) -> None:
        if not self.stat or len(self.stat) > _STAT_SIZE or not self.stat.isascii():
            raise _unreadable("Stat", "seven ASCII characters at most, and at least one")

    @property
    def is_final(self) -> bool:
        """False for ACCEPTD, after which another report follows."""
        return self.stat != ACCEPTED


def parse_report(content: bytes) -> Report:
    """Reads a DELIVER's content by its length, 60 octets of 2.0 or 71 of 3.0. Raises UnreadableReport."""
    layout = _REPORTS.get(len(content))
    if layout is None:
        raise _unreadable("Msg_Length", f"a report has {' or '.join(map(str, _REPORTS))} octets, not {len(content)}")
    message_id, stat, submitted, done, destination, sequence = layout.unpack(content)
    return Report(
        message_id=message_id,
        stat=_text(stat).upper(),
        submitted=_text(submitted),
        done=_text(done),
        destination=_text(destination),
        smsc_sequence=sequence,
    )


def render_report(report: Report, *, version: int) -> bytes:
    """Writes a report as the content of a DELIVER. Raises MalformedPdu for a number too long for the version."""
    layout = _REPORT_30 if layout_of(version).has_types else _REPORT_20
    size = layout_of(version).terminal_size
    if len(report.destination) > size:
        raise MalformedPdu(
            reason="TEXT_FIELD_REFUSED",
            field="Dest_terminal_Id",
            detail=f"at most {size} characters",
            result=results.WRONG_DESTINATION,
        )
    return layout.pack(
        report.message_id,
        report.stat.encode(),
        report.submitted.encode(),
        report.done.encode(),
        report.destination.encode(),
        report.smsc_sequence,
    )


def _text(octets: bytes) -> str:
    """Gateways pad with NUL or with blanks."""
    return octets.partition(b"\0")[0].decode("latin-1").strip()


def _unreadable(field: str, detail: str) -> UnreadableReport:
    return UnreadableReport(reason="REPORT_UNREADABLE", field=field, detail=detail)
