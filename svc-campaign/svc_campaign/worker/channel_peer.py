"""Hands batches to svc-channel over gRPC; the only place that knows its protocol."""

from array import array
from collections.abc import AsyncIterator, Sequence
from itertools import accumulate
from uuid import UUID

import grpc
import pyarrow as pa
from google.protobuf.timestamp_pb2 import Timestamp

from carillon.channel.v1 import message_pb2, message_pb2_grpc
from carillon_chassis.client import invoke_stream
from svc_campaign.app.peers import Handover
from svc_campaign.domain.message import MMS, MOBILE_MARKET, SMS, USSD, WAP_PUSH, Rendered

# One stream carries a whole launch; one that is open for an hour hangs, and the job begins again where it was.
STREAM_TIMEOUT_SECONDS = 3600.0
# The columns of what contacts are told beside their texts, where they are.
CONTENT, PUSH, FALLBACK = "content", "push", "fallback"
CHANNELS = {
    SMS: message_pb2.CHANNEL_SMS,
    WAP_PUSH: message_pb2.CHANNEL_WAP_PUSH,
    USSD: message_pb2.CHANNEL_USSD,
    MMS: message_pb2.CHANNEL_MMS,
    MOBILE_MARKET: message_pb2.CHANNEL_MOBILE_MARKET,
}


class ChannelPeer:
    """svc-channel as the use cases see it."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._messages = message_pb2_grpc.MessageServiceStub(channel)

    def encode(self, subscriber_ids: Sequence[int], told: Rendered) -> bytes:
        """The bytes of a batch as svc-channel takes them."""
        return write_messages(subscriber_ids, told)

    async def submit(self, campaign_id: UUID, sender: str, batches: AsyncIterator[Handover]) -> AsyncIterator[int]:
        """Sends batches as they come; yields the number of each that svc-channel has durably, new or known."""

        async def requests() -> AsyncIterator[message_pb2.SubmitMessagesRequest]:
            async for batch in batches:
                yield write_request(campaign_id, sender, batch)

        async for response in invoke_stream(
            self._messages.SubmitMessages, requests(), timeout_seconds=STREAM_TIMEOUT_SECONDS
        ):
            yield response.batch


def write_request(campaign_id: UUID, sender: str, batch: Handover) -> message_pb2.SubmitMessagesRequest:
    """A batch as the protocol carries it; the same batch gives the same request."""
    expires_at = None
    if batch.expires_at is not None:
        expires_at = Timestamp()
        expires_at.FromDatetime(batch.expires_at)
    return message_pb2.SubmitMessagesRequest(
        campaign_id=str(campaign_id),
        batch=batch.number,
        sender=sender,
        arrow_ipc=batch.payload,
        channel=CHANNELS[batch.channel],
        cell=batch.cell,
        expires_at=expires_at,
    )


def write_messages(subscriber_ids: Sequence[int], told: Rendered) -> bytes:
    """One Arrow IPC stream of subscriber_id and text, and of what else is told, of equally many rows."""
    columns = {"subscriber_id": _uint32_array(subscriber_ids), "text": _string_array(told.texts)}
    if told.contents is not None:
        columns[CONTENT] = _binary_array(told.contents)
    if told.pushes is not None:
        columns[PUSH] = _binary_array(told.pushes)
    if told.fallbacks is not None:
        columns[FALLBACK] = _string_array(told.fallbacks)
    batch = pa.record_batch(list(columns.values()), names=list(columns))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


# pa.array() would do, but imports pandas where it is installed: a second or more in the first launch, and its memory.
def _uint32_array(values: Sequence[int]) -> pa.Array:
    return pa.Array.from_buffers(pa.uint32(), len(values), [None, pa.py_buffer(array("I", values))])


def _string_array(values: Sequence[str]) -> pa.Array:
    return _octets_array(pa.string(), [value.encode() for value in values])


def _binary_array(values: Sequence[bytes]) -> pa.Array:
    return _octets_array(pa.binary(), values)


def _octets_array(kind: pa.DataType, values: Sequence[bytes]) -> pa.Array:
    offsets = array("i", accumulate(map(len, values), initial=0))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(kind, len(values), buffers)
