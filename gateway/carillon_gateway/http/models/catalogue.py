"""The catalogue of services in JSON, with the three member prices side by side (GWY-22)."""

from pydantic import Field

from carillon.catalog.v1 import catalog_pb2
from carillon.channel.v1 import script_pb2
from carillon_gateway.http.models.shapes import Answer, Body, Money


class Prices(Answer):
    """What the service costs a premium member, an ordinary member and anybody else; null while not priced."""

    premium: Money | None
    ordinary: Money | None
    non_member: Money | None


class SetPrices(Body):
    """What a service costs each membership level from now on; what is absent is not priced (A-32)."""

    premium: Money | None = None
    ordinary: Money | None = None
    non_member: Money | None = None


class Service(Answer):
    """A value-added service (CAT-01)."""

    code: str = Field(examples=["CRBT"])
    name_zh: str = Field(examples=["彩铃"])
    name_en: str
    aliases_zh: list[str]
    service_class: str | None = Field(description="mature, strategic or scale; null while unclassified (A-31)")
    suggested_class: str | None = Field(description="A proposal where the service itself is unclassified; never a fact")
    parent_code: str | None
    ownership: str | None = Field(description="own, or sp for a partner's (CAT-32)")
    instant_activation: bool = Field(description="Whether it is active as soon as it is confirmed (CAT-31)")
    has_mining_model: bool
    ocrm_marketed: bool
    revenue_calibre: str | None = Field(description="data_vas or voice_vas (CAT-14)")
    cluster: str | None = Field(description="Product cluster a to d (CAT-18)")
    prices: Prices


class Services(Answer):
    """A page of the catalogue."""

    services: list[Service]
    next_page_token: str = Field(description="Send it as page_token for the next page; empty on the last")


def render_service(service: catalog_pb2.Service) -> Service:
    """The service as JSON has it."""
    return Service(
        code=service.code,
        name_zh=service.name_zh,
        name_en=service.name_en,
        aliases_zh=list(service.aliases_zh),
        service_class=service.service_class.lower() or None,
        suggested_class=service.suggested_class.lower() or None,
        parent_code=service.parent_code or None,
        ownership=service.ownership.lower() or None,
        instant_activation=service.instant_activation,
        has_mining_model=service.has_mining_model,
        ocrm_marketed=service.ocrm_marketed,
        revenue_calibre=service.revenue_calibre.lower() or None,
        cluster=service.cluster or None,
        prices=render_prices(service.prices),
    )


def render_prices(prices: catalog_pb2.MemberPrices | script_pb2.SpokenOffer) -> Prices:
    """The three prices of whatever names them as JSON has them."""
    return Prices(
        premium=Money(amount_fen=prices.premium_fen) if prices.HasField("premium_fen") else None,
        ordinary=Money(amount_fen=prices.ordinary_fen) if prices.HasField("ordinary_fen") else None,
        non_member=Money(amount_fen=prices.non_member_fen) if prices.HasField("non_member_fen") else None,
    )


def parse_prices(code: str, body: SetPrices, *, request_id: str) -> catalog_pb2.SetPricesRequest:
    """The request for svc-catalog."""
    prices = catalog_pb2.MemberPrices(
        premium_fen=None if body.premium is None else body.premium.amount_fen,
        ordinary_fen=None if body.ordinary is None else body.ordinary.amount_fen,
        non_member_fen=None if body.non_member is None else body.non_member.amount_fen,
    )
    return catalog_pb2.SetPricesRequest(request_id=request_id, code=code, prices=prices)
