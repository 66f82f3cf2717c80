"""Serves HandsetService: parses, calls a use case, renders; it must not hold rules."""

from collections.abc import Sequence
from typing import Any

import grpc

from carillon.segment.v1 import handset_pb2, handset_pb2_grpc
from carillon_chassis.database import Database
from svc_segment.app.describe_handsets import describe_handsets
from svc_segment.domain.handset_capabilities import HandsetCapabilities
from svc_segment.store.engine import Engine
from svc_segment.store.reference import shipped_handset_attributes


class HandsetServicer(handset_pb2_grpc.HandsetServiceServicer):
    """Handsets over gRPC."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database = database
        self._engine = engine

    async def DescribeHandsets(  # noqa: N802 -- the name is the protocol's
        self,
        request: handset_pb2.DescribeHandsetsRequest,
        context: grpc.aio.ServicerContext[Any, Any],  # noqa: ARG002 -- gRPC's signature
    ) -> handset_pb2.DescribeHandsetsResponse:
        """Gives handsets with who has them."""
        wanted = shipped_handset_attributes()
        found = await describe_handsets(self._database, self._engine, wanted, request.subscriber_ids)
        return handset_pb2.DescribeHandsetsResponse(handsets=[_render(one, ids) for one, ids in found.items()])


def _render(handset: HandsetCapabilities, subscriber_ids: Sequence[int]) -> handset_pb2.Handset:
    return handset_pb2.Handset(
        subscriber_ids=subscriber_ids,
        mms=handset.mms,
        wap_push=handset.wap_push,
        mms_octets=handset.mms_octets,
        picture_width=handset.picture_width,
        picture_height=handset.picture_height,
        picture_types=handset.picture_types,
    )
