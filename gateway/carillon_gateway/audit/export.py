"""Writes the audit log out as lines of JSON that can be checked without the gateway; it must change nothing."""

import json
from collections.abc import AsyncIterator
from datetime import UTC

from carillon_chassis.database import Database
from carillon_gateway.audit.chain import LinkedEntry
from carillon_gateway.audit.store import read_head, read_page

FORMAT = "carillon-audit-1"


async def export_audit(database: Database) -> AsyncIterator[bytes]:
    """The whole log in one snapshot: a line that names the format, one an entry, and the head, in pieces of some lines.

    A broken chain is written as it stands: to find where is the business of who checks it.
    """
    yield _line({"format": FORMAT})
    async with database.read() as unit:
        head = await read_head(unit)
        last = 0
        while page := [linked for linked in await read_page(unit, after=last) if linked.sequence <= head.sequence]:
            yield b"".join(_line(_written(linked)) for linked in page)
            last = page[-1].sequence
    yield _line({"entries": head.sequence, "head": head.hash})


def _written(linked: LinkedEntry) -> dict[str, object]:
    entry = linked.entry
    return {
        "sequence": linked.sequence,
        "previous": linked.previous_hash,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "subject": entry.subject,
        "role": entry.role,
        "branch": entry.branch,
        "action": entry.action,
        "target": entry.target,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "request_id": entry.request_id,
        "trace_id": entry.trace_id,
        "hash": linked.hash,
    }


def _line(value: dict[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"
