"""Reads the Arrow bytes of a submitted batch into domain values; the only place that knows Arrow."""

from uuid import UUID

import pyarrow as pa

from carillon.channel.v1 import message_pb2
from carillon_chassis.errors import InvalidInput
from svc_channel.domain.outgoing import OutgoingBatch

COLUMNS = {"subscriber_id": pa.uint32(), "text": pa.string()}


def read_batch(request: message_pb2.SubmitMessagesRequest) -> OutgoingBatch:
    """The batch of a request: columns subscriber_id uint32 and text string, neither with nulls.

    Raises InvalidInput: BATCH_UNREADABLE, BATCH_COLUMNS or BATCH_NULLS, and what OutgoingBatch refuses.
    """
    try:
        with pa.ipc.open_stream(request.arrow_ipc) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise _refused("BATCH_UNREADABLE", f"not one whole Arrow IPC stream: {error}") from error
    found = {name: table.schema.field(name).type for name in table.column_names}
    if found != COLUMNS:
        wanted = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        have = ", ".join(f"{name} {kind}" for name, kind in found.items())
        raise _refused("BATCH_COLUMNS", f"the columns are {wanted}; this batch has {have or 'none'}")
    if any(table.column(name).null_count for name in COLUMNS):
        raise _refused("BATCH_NULLS", "every row has a subscriber id and a text; leave out the others")
    return OutgoingBatch(
        campaign_id=UUID(request.campaign_id),
        number=request.batch,
        sender=request.sender,
        subscriber_ids=tuple(table.column("subscriber_id").to_pylist()),
        texts=tuple(table.column("text").to_pylist()),
    )


def _refused(reason: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field="arrow_ipc", detail=detail)
