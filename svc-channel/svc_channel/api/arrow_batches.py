"""Reads the Arrow bytes of a submitted batch into domain values; the only place that knows Arrow."""

from uuid import UUID

import pyarrow as pa

from carillon.channel.v1 import message_pb2
from carillon_chassis.errors import InvalidInput
from svc_channel.api.timestamps import parse_time
from svc_channel.domain.channel import Channel, MessageClass
from svc_channel.domain.outgoing import OutgoingBatch

COLUMNS = {"subscriber_id": pa.uint32(), "text": pa.string()}
CONTENT, PUSH, FALLBACK = "content", "push", "fallback"
# What a batch may bring beside those.
OPTIONAL = {CONTENT: pa.binary(), PUSH: pa.binary(), FALLBACK: pa.string()}
CHANNELS = {
    message_pb2.CHANNEL_UNSPECIFIED: Channel.SMS,
    message_pb2.CHANNEL_SMS: Channel.SMS,
    message_pb2.CHANNEL_WAP_PUSH: Channel.WAP_PUSH,
    message_pb2.CHANNEL_USSD: Channel.USSD,
    message_pb2.CHANNEL_MMS: Channel.MMS,
    message_pb2.CHANNEL_MOBILE_MARKET: Channel.MOBILE_MARKET,
}
CHANNEL_NUMBERS = {channel: number for number, channel in CHANNELS.items() if number}
CLASSES = {
    message_pb2.MESSAGE_CLASS_UNSPECIFIED: MessageClass.MARKETING,
    message_pb2.MESSAGE_CLASS_REPLY: MessageClass.REPLY,
    message_pb2.MESSAGE_CLASS_SERVICE: MessageClass.SERVICE,
    message_pb2.MESSAGE_CLASS_MARKETING: MessageClass.MARKETING,
}


def read_batch(request: message_pb2.SubmitMessagesRequest) -> OutgoingBatch:
    """The batch of a request: columns subscriber_id uint32 and text string without nulls, and perhaps content, push and fallback.

    Raises InvalidInput: BATCH_UNREADABLE, BATCH_COLUMNS or BATCH_NULLS, and what OutgoingBatch refuses.
    """
    try:
        with pa.ipc.open_stream(request.arrow_ipc) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise _refused("BATCH_UNREADABLE", f"not one whole Arrow IPC stream: {error}") from error
    found = {name: table.schema.field(name).type for name in table.column_names}
    if {name: kind for name, kind in found.items() if OPTIONAL.get(name) != kind} != COLUMNS:
        wanted = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        have = ", ".join(f"{name} {kind}" for name, kind in found.items())
        raise _refused(
            "BATCH_COLUMNS",
            f"the columns are {wanted}, perhaps content and push binary and fallback string; this batch has {have or 'none'}",
        )
    if any(table.column(name).null_count for name in COLUMNS):
        raise _refused("BATCH_NULLS", "every row has a subscriber id and a text; leave out the others")
    return OutgoingBatch(
        campaign_id=UUID(request.campaign_id),
        number=request.batch,
        sender=request.sender,
        subscriber_ids=tuple(table.column("subscriber_id").to_pylist()),
        texts=tuple(table.column("text").to_pylist()),
        contents=tuple(table.column(CONTENT).to_pylist()) if CONTENT in found else (),
        channel=CHANNELS[request.channel],
        message_class=CLASSES[request.message_class],
        expires_at=parse_time(request.expires_at) if request.HasField("expires_at") else None,
        cell=request.cell,
        category=request.category,
        pushes=tuple(table.column(PUSH).to_pylist()) if PUSH in found else (),
        fallbacks=tuple(table.column(FALLBACK).to_pylist()) if FALLBACK in found else (),
    )


def _refused(reason: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field="arrow_ipc", detail=detail)
