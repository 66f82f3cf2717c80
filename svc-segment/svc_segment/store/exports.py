"""Books who took which members out; rows are added and never changed."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.export import Exporter, ExportFormat

INSERT = """
INSERT INTO member_export
    (id, segment_id, version, format, attributes, with_msisdn, branch, members, exported_by, exported_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


async def book_export(
    unit: UnitOfWork,
    export_id: uuid.UUID,
    exporter: Exporter,
    *,
    segment_id: uuid.UUID,
    version: int,
    format: ExportFormat,  # noqa: A002 -- what it is called
    attributes: Sequence[str],
    with_msisdn: bool,
    members: int,
    now: datetime,
) -> None:
    """Writes one export before its first byte goes out."""
    await unit.driver.execute(
        INSERT,
        export_id,
        segment_id,
        version,
        format.value,
        list(attributes),
        with_msisdn,
        exporter.branch,
        members,
        exporter.subject,
        now,
    )
