"""Stands in for svc-segment and svc-catalog where scripts are spoken; nothing of it is used by the product."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon.segment.v1 import match_pb2, match_pb2_grpc, subscriber_pb2, subscriber_pb2_grpc
from carillon_chassis.errors import NotFound, StateRefused, Unavailable
from carillon_chassis.identity import current_identity
from carillon_chassis.interceptor import CallInterceptor

CHANNELS = [
    catalog_pb2.Channel(code=code, spellings=spellings)
    for code, spellings in (
        ("INBOUND_10096", []),
        ("HOTLINE_1860", ["1860"]),
        ("HOTLINE_1258", ["1258"]),
        ("FRONT_DESK", []),
        ("HALL", []),
        ("KTV", []),
        ("SMS", []),
        ("PERSONAL_MANAGER", []),
    )
]
SERVICES = [
    catalog_pb2.Service(
        code="CRBT",
        name_zh="彩铃",
        name_en="Ring-back tone",
        prices=catalog_pb2.MemberPrices(premium_fen=300, ordinary_fen=400, non_member_fen=550),
    ),
    catalog_pb2.Service(code="FETION", name_zh="飞信", name_en="Fetion"),
    catalog_pb2.Service(code="NEWSPAPER", name_zh="手机报", name_en="Mobile newspaper"),
    catalog_pb2.Service(code="WEATHER", name_zh="天气预报", name_en="Weather"),
]


@dataclass
class Peers(
    catalog_pb2_grpc.CatalogServiceServicer,
    match_pb2_grpc.MatchServiceServicer,
    subscriber_pb2_grpc.SubscriberServiceServicer,
):
    """What a test sets: whom it is about, what they are matched with, and who asked."""

    address: str
    matched: list[match_pb2.MatchReason] = field(default_factory=list)
    attributes: list[subscriber_pb2.AttributeValue] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    unmatched: bool = False
    stranger: bool = False
    away: bool = False
    asked_by: list[str] = field(default_factory=list)

    def match(self, *services: tuple[str, list[str]]) -> None:
        """Recommends these in their order, by rules with these advantage channels."""
        self.matched = [
            match_pb2.MatchReason(
                rule=f"R{place}",
                service=service,
                layer=place,
                principle="飞信增量模型",
                channels=channels,
                verdict="recommended",
                place=place,
            )
            for place, (service, channels) in enumerate(services, start=1)
        ]

    def know(self, **attributes: float | bool | str) -> None:
        """Gives the customer these attributes."""
        kinds = {bool: "boolean", int: "integer", float: "number", str: "text"}
        self.attributes = [
            subscriber_pb2.AttributeValue(name=name, **{kinds[type(value)]: value})  # type: ignore[arg-type]  # by its kind
            for name, value in attributes.items()
        ]

    async def ListChannels(self, request: catalog_pb2.ListChannelsRequest, context: Any) -> Any:
        """Eight touch points."""
        self._present()
        return catalog_pb2.ListChannelsResponse(channels=CHANNELS)

    async def ListServices(self, request: catalog_pb2.ListServicesRequest, context: Any) -> Any:
        """Four services, one of them priced."""
        self._present()
        return catalog_pb2.ListServicesResponse(services=SERVICES)

    async def GetSubscriber(self, request: subscriber_pb2.GetSubscriberRequest, context: Any) -> Any:
        """What the test set."""
        self._present()
        self.asked_by.append(current_identity().subject)
        if self.stranger:
            raise NotFound(reason="SUBSCRIBER_NOT_FOUND", detail="nobody has this id")
        return subscriber_pb2.GetSubscriberResponse(attributes=self.attributes, segment_ids=self.segments)

    async def ExplainMatch(self, request: match_pb2.ExplainMatchRequest, context: Any) -> Any:
        """What the test set, and why nothing else."""
        self._present()
        self.asked_by.append(current_identity().subject)
        if self.unmatched:
            raise StateRefused(reason="NO_MATCH", detail="nobody is matched yet")
        others = [match_pb2.MatchReason(rule="R9", service="NEWSPAPER", layer=4, verdict="owned")]
        return match_pb2.ExplainMatchResponse(reasons=[*self.matched, *others])

    def _present(self) -> None:
        if self.away:
            raise Unavailable(reason="AWAY", detail="stood in for, and away")


@asynccontextmanager
async def serve_peers(folder: Path) -> AsyncIterator[Peers]:
    """Both on one unix socket for the time of a block."""
    peers = Peers(address=f"unix:{folder}/peers.sock")  # type: ignore[abstract]  # the calls that scripts never make
    server = grpc.aio.server(interceptors=[CallInterceptor("stand-in")])
    catalog_pb2_grpc.add_CatalogServiceServicer_to_server(peers, server)
    match_pb2_grpc.add_MatchServiceServicer_to_server(peers, server)
    subscriber_pb2_grpc.add_SubscriberServiceServicer_to_server(peers, server)
    server.add_insecure_port(peers.address)
    await server.start()
    try:
        yield peers
    finally:
        await server.stop(0)
