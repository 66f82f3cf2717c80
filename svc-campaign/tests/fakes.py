"""Stand-ins for svc-segment, svc-channel and svc-catalog on one real gRPC server; they remember, and do nothing else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import anyio
import grpc
import pyarrow as pa
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc, order_pb2, order_pb2_grpc
from carillon.channel.v1 import message_pb2, message_pb2_grpc
from carillon.common.v1 import facts_pb2, facts_pb2_grpc
from carillon.segment.v1 import segment_pb2, segment_pb2_grpc, snapshot_pb2, snapshot_pb2_grpc
from carillon_chassis.errors import NotFound, Unavailable
from carillon_chassis.interceptor import CallInterceptor

BATCH_ROWS = 5_000
# The first array imports pandas; better here than in what a test measures.
pa.array([0])


@dataclass(kw_only=True)
class FakeSegment(segment_pb2_grpc.SegmentServiceServicer, snapshot_pb2_grpc.SnapshotServiceServicer):
    """Segments by id, as rising subscriber ids; every attribute has the value `<name>-<subscriber>`, every tenth none."""

    segments: dict[UUID, list[int]] = field(default_factory=dict)
    attributes: tuple[str, ...] = ("zip_code", "channel")
    batch_rows: int = BATCH_ROWS
    streamed: int = 0
    stale: dict[UUID, list[str]] = field(default_factory=dict)
    archived: set[UUID] = field(default_factory=set)
    version: int = 3
    versions: list[int] = field(default_factory=list)
    # How far every segment moves on while one is streamed; svc-segment keeps what was streamed, and the last two.
    renewals: int = 0
    kept: set[tuple[str, int]] = field(default_factory=set)

    async def GetSegment(self, request: segment_pb2.GetSegmentRequest, context: Any) -> segment_pb2.GetSegmentResponse:
        if UUID(request.id) not in self.segments:
            raise NotFound(reason="SEGMENT_UNKNOWN", detail="no such segment")
        reasons = self.stale.get(UUID(request.id), [])
        segment = segment_pb2.Segment(
            id=request.id,
            name="the segment",
            version=self.version,
            stale=bool(reasons),
            stale_reasons=reasons,
            archived=UUID(request.id) in self.archived,
        )
        return segment_pb2.GetSegmentResponse(segment=segment)

    async def ListAttributes(
        self, request: snapshot_pb2.ListAttributesRequest, context: Any
    ) -> snapshot_pb2.ListAttributesResponse:
        return snapshot_pb2.ListAttributesResponse(
            attributes=[snapshot_pb2.Attribute(name=name) for name in self.attributes]
        )

    async def StreamMembers(
        self, request: segment_pb2.StreamMembersRequest, context: Any
    ) -> AsyncIterator[segment_pb2.StreamMembersResponse]:
        ids = self.segments[UUID(request.segment_id)]
        asked = (request.segment_id, request.segment_version)
        if request.segment_version < self.version - 1 and asked not in self.kept:
            raise NotFound(reason="VERSION_NOT_FOUND", field="segment_version", detail="not kept any more")
        self.kept.add(asked)
        self.versions.append(request.segment_version)
        self.version += self.renewals
        for start in range(0, len(ids), self.batch_rows):
            chosen = ids[start : start + self.batch_rows]
            columns: dict[str, Any] = {"subscriber_id": pa.array(chosen, pa.uint32())}
            for name in request.attributes:
                columns[name] = [None if one % 10 == 0 else f"{name}-{one}" for one in chosen]
            table = pa.table(columns)
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            self.streamed += 1
            yield segment_pb2.StreamMembersResponse(arrow_ipc=bytes(sink.getvalue()))


@dataclass(kw_only=True)
class FakeChannel(message_pb2_grpc.MessageServiceServicer):
    """Keeps batches by campaign and number; fails once after `fail_after` batches, before or after the failing one is durable."""

    requests: dict[tuple[str, int], message_pb2.SubmitMessagesRequest] = field(default_factory=dict)
    batches: dict[tuple[str, int], bytes] = field(default_factory=dict)
    submissions: list[tuple[str, int]] = field(default_factory=list)
    replayed: list[int] = field(default_factory=list)
    traceparents: list[str] = field(default_factory=list)
    fail_after: int | None = None
    fail_durably: bool = False
    delay_seconds: float = 0.0

    async def SubmitMessages(
        self, request_iterator: AsyncIterator[message_pb2.SubmitMessagesRequest], context: Any
    ) -> AsyncIterator[message_pb2.SubmitMessagesResponse]:
        self.traceparents.append(dict(context.invocation_metadata()).get("traceparent", ""))
        async for request in request_iterator:
            await anyio.sleep(self.delay_seconds)
            key = (request.campaign_id, request.batch)
            failing = self.fail_after is not None and len(self.submissions) >= self.fail_after
            if not failing or self.fail_durably:
                self.batches.setdefault(key, request.arrow_ipc)
                known = self.requests.setdefault(key, request)
                assert known == request, "a batch sent again is the same to the last byte"
            self.submissions.append(key)
            if failing:
                self.fail_after = None
                raise Unavailable(reason="GONE", detail="the fake has been told to fail")
            replayed = self.submissions.count(key) > 1
            if replayed:
                self.replayed.append(request.batch)
            yield message_pb2.SubmitMessagesResponse(batch=request.batch, accepted=1, replayed=replayed)

    def texts(self) -> dict[int, str]:
        """What each subscriber was sent; fails when somebody was sent two texts."""
        sent: dict[int, str] = {}
        for payload in self.batches.values():
            table = pa.ipc.open_stream(payload).read_all()
            for subscriber_id, text in zip(table["subscriber_id"].to_pylist(), table["text"].to_pylist(), strict=True):
                assert subscriber_id not in sent
                sent[subscriber_id] = text
        return sent


@dataclass(kw_only=True)
class FakeCatalog(catalog_pb2_grpc.CatalogServiceServicer, order_pb2_grpc.OrderServiceServicer):
    """Knows services by code, and who has which; away while it is told to be."""

    codes: tuple[str, ...] = ("WIRELESS_MUSIC",)
    used: dict[int, list[str]] = field(default_factory=dict)
    away: bool = False

    async def GetService(self, request: catalog_pb2.GetServiceRequest, context: Any) -> catalog_pb2.GetServiceResponse:
        if request.code not in self.codes:
            raise NotFound(reason="SERVICE_UNKNOWN", detail="no such service")
        return catalog_pb2.GetServiceResponse(service=catalog_pb2.Service(code=request.code))

    async def ListSubscriptions(
        self, request: order_pb2.ListSubscriptionsRequest, context: Any
    ) -> order_pb2.ListSubscriptionsResponse:
        if self.away:
            raise Unavailable(reason="GONE", detail="the fake has been told to be away")
        services = self.used.get(request.subscriber_id, [])
        return order_pb2.ListSubscriptionsResponse(
            subscriptions=[order_pb2.Subscription(service=service) for service in services]
        )


@dataclass(kw_only=True)
class FakeFacts(facts_pb2_grpc.FactServiceServicer):
    """An outbox in memory, told to whoever follows; a fact told twice has two positions, as after a peer's own retry."""

    facts: list[facts_pb2.Fact] = field(default_factory=list)

    def tell(self, message: Message) -> None:
        """Adds a fact."""
        body = AnyMessage()
        body.Pack(message)
        position = facts_pb2.Position(transaction=len(self.facts) + 1, sequence=1)
        self.facts.append(facts_pb2.Fact(position=position, body=body))

    async def Watch(self, request: facts_pb2.WatchRequest, context: Any) -> AsyncIterator[facts_pb2.WatchResponse]:
        told = request.after.transaction
        while True:
            if fresh := self.facts[told:]:
                told += len(fresh)
                yield facts_pb2.WatchResponse(facts=fresh)
            await anyio.sleep(0.01)


@dataclass(kw_only=True)
class Peers:
    """All stand-ins and the one server that they share."""

    segment: FakeSegment = field(default_factory=FakeSegment)
    channel: FakeChannel = field(default_factory=FakeChannel)
    catalog: FakeCatalog = field(default_factory=FakeCatalog)
    facts: FakeFacts = field(default_factory=FakeFacts)

    async def serve(self, address: str) -> grpc.aio.Server:
        """Starts the server."""
        server = grpc.aio.server(interceptors=[CallInterceptor("fakes")])
        segment_pb2_grpc.add_SegmentServiceServicer_to_server(self.segment, server)
        snapshot_pb2_grpc.add_SnapshotServiceServicer_to_server(self.segment, server)
        message_pb2_grpc.add_MessageServiceServicer_to_server(self.channel, server)
        catalog_pb2_grpc.add_CatalogServiceServicer_to_server(self.catalog, server)
        order_pb2_grpc.add_OrderServiceServicer_to_server(self.catalog, server)
        facts_pb2_grpc.add_FactServiceServicer_to_server(self.facts, server)
        server.add_insecure_port(address)
        await server.start()
        return server
