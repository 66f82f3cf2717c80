"""Touch points and outlets in JSON; it must not decide anything about them."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from carillon.catalog.v1 import catalog_pb2, outlet_pb2
from carillon_gateway.http.models.shapes import Answer, Body, ShortText, Text, render_state, render_time

OutletCode = Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{0,39}$", examples=["KTV-0001"])]
Stage = Literal["publicity", "direct_sales"]
Examined = Literal["passed", "failed"]


class Channel(Answer):
    """A touch point: where the operator meets its subscribers (CHN-01)."""

    code: str = Field(examples=["KTV"])
    name_zh: str
    name_en: str
    aliases_zh: list[str]
    canonical: bool = Field(description="One of the eleven channels of precision marketing")
    kind: Literal["electronic", "physical"] | None = Field(description="Of the eleven alone")
    role: Literal["scale_promotion", "interactive_precision", "experience"] | None = Field(
        description="What it is for (CHN-05): mature products at scale, precise interaction, or experience"
    )
    contact: Literal["active", "passive"] | None = Field(description="Active where the operator speaks first")
    spellings: list[str] = Field(description="Other ways in which an order may name it; case never matters")
    has_outlets: bool = Field(description="Outlets of this kind can be registered")


class Channels(Answer):
    """All touch points, the eleven first."""

    channels: list[Channel]


class RegisterOutlet(Body):
    """A place of a touch point that has outlets (CHN-34, CHN-40)."""

    code: OutletCode
    name: Text = Field(min_length=1, max_length=100, examples=["欢唱 KTV 天河店"])
    branch: ShortText | None = Field(None, description="Your own if absent")
    touchpoint: ShortText = Field(min_length=1, examples=["SOCIAL_6STAR", "KTV", "NET_CAFE"])
    key: bool = Field(default=False, description="One of the key outlets that are trained and certified")
    stars: int = Field(0, ge=0, le=6, description="The grade of a six-star social channel; 0 for none")
    alliance: bool = Field(default=False, description="In the Experience-100 alliance around campuses")
    stage: Stage = Field("publicity", description="A net cafe begins with publicity; a direct-sales team follows")


class ChangeOutlet(Body):
    """What is known of an outlet now."""

    name: Text = Field(min_length=1, max_length=100)
    key: bool
    stars: int = Field(ge=0, le=6)
    alliance: bool
    stage: Stage


class Materials(Body):
    """What a supervisor left in place."""

    product_cards: bool = Field(description="Product cards or the catalogue of products")
    publicity: bool = Field(description="The uniform publicity")


class RecordVisit(Body):
    """A supervisor's visit; it says at least one of trained, certification and materials."""

    visited_on: date
    supervisor: ShortText = Field(min_length=1, examples=["duan-7"])
    trained: int = Field(0, ge=0, le=1000, description="Staff of the outlet who were trained")
    certification: Examined | None = Field(None, description="Null where nobody was examined")
    materials: Materials | None = Field(None, description="Null where nobody looked")
    note: Text = Field("", max_length=500)


class Outlet(Answer):
    """An outlet, and what the newest visit said of each question."""

    code: str
    name: str
    branch: str | None
    touchpoint: str
    key: bool
    stars: int
    alliance: bool
    stage: Stage
    materials: Materials | None = Field(description="Null where no visit has said")
    trained_on: date | None = Field(description="The last visit with training")
    certified_on: date | None = Field(description="Of the last examination, where it was passed")


class Outlets(Answer):
    """A page of outlets by code."""

    outlets: list[Outlet]
    next_page_token: str = Field(description="Send it as page_token for the next page; empty on the last")


class Visit(Answer):
    """A visit as it was booked; it is never changed."""

    id: str
    visited_on: date
    supervisor: str
    trained: int
    certification: Examined | None
    materials: Materials | None
    note: str
    recorded_by: str
    recorded_at: datetime


class Visits(Answer):
    """The visits of an outlet, the newest first."""

    visits: list[Visit]


class RecordedVisit(Answer):
    """A visit, and what is known of its outlet now."""

    visit: Visit
    outlet: Outlet


class BranchCoverage(Answer):
    """How far a branch has come with its outlets (CHN-34)."""

    branch: str | None
    outlets: int
    key_outlets: int
    key_trained: int = Field(description="Key outlets where staff was trained")
    key_certified: int = Field(description="Key outlets whose last examination was passed")
    with_product_cards: int
    with_publicity: int
    equipped: int = Field(description="Both of them")


class Coverage(Answer):
    """Every branch's, as far as the caller may see."""

    branches: list[BranchCoverage]


def render_channel(channel: catalog_pb2.Channel) -> Channel:
    """The touch point as JSON has it."""
    return Channel.model_validate(
        {
            "code": channel.code,
            "name_zh": channel.name_zh,
            "name_en": channel.name_en,
            "aliases_zh": list(channel.aliases_zh),
            "canonical": channel.canonical,
            "kind": channel.kind.lower() or None,
            "role": channel.role.lower() or None,
            "contact": channel.contact.lower() or None,
            "spellings": list(channel.spellings),
            "has_outlets": channel.has_outlets,
        }
    )


def parse_outlet(body: RegisterOutlet) -> outlet_pb2.Outlet:
    """The outlet for svc-catalog."""
    return outlet_pb2.Outlet(
        code=body.code,
        name=body.name,
        branch=body.branch or "",
        touchpoint=body.touchpoint,
        key=body.key,
        stars=body.stars,
        alliance=body.alliance,
        stage=parse_stage(body.stage),
    )


def parse_stage(stage: Stage) -> "outlet_pb2.OutletStage.ValueType":
    """The stage for svc-catalog."""
    return outlet_pb2.OutletStage.Value(f"OUTLET_STAGE_{stage.upper()}")


def parse_visit(body: RecordVisit) -> outlet_pb2.Visit:
    """The visit for svc-catalog."""
    materials = body.materials
    return outlet_pb2.Visit(
        visited_on=body.visited_on.isoformat(),
        supervisor=body.supervisor,
        trained=body.trained,
        certification=outlet_pb2.Certification.Value(f"CERTIFICATION_{(body.certification or 'unspecified').upper()}"),
        materials=None
        if materials is None
        else outlet_pb2.Materials(product_cards=materials.product_cards, publicity=materials.publicity),
        note=body.note,
    )


def render_outlet(known: outlet_pb2.KnownOutlet) -> Outlet:
    """The outlet as JSON has it."""
    outlet = known.outlet
    return Outlet(
        code=outlet.code,
        name=outlet.name,
        branch=outlet.branch or None,
        touchpoint=outlet.touchpoint,
        key=outlet.key,
        stars=outlet.stars,
        alliance=outlet.alliance,
        stage=render_state(outlet_pb2.OutletStage.Name(outlet.stage), "OUTLET_STAGE_"),
        materials=_render_materials(known),
        trained_on=date.fromisoformat(known.trained_on) if known.trained_on else None,
        certified_on=date.fromisoformat(known.certified_on) if known.certified_on else None,
    )


def render_visit(visit: outlet_pb2.Visit) -> Visit:
    """The visit as JSON has it."""
    result = render_state(outlet_pb2.Certification.Name(visit.certification), "CERTIFICATION_")
    return Visit(
        id=visit.id,
        visited_on=date.fromisoformat(visit.visited_on),
        supervisor=visit.supervisor,
        trained=visit.trained,
        certification=None if result == "unspecified" else result,
        materials=_render_materials(visit),
        note=visit.note,
        recorded_by=visit.recorded_by,
        recorded_at=render_time(visit.recorded_at),
    )


def render_coverage(branch: outlet_pb2.BranchCoverage) -> BranchCoverage:
    """A branch's counts as JSON has them."""
    return BranchCoverage(
        branch=branch.branch or None,
        outlets=branch.outlets,
        key_outlets=branch.key_outlets,
        key_trained=branch.key_trained,
        key_certified=branch.key_certified,
        with_product_cards=branch.with_product_cards,
        with_publicity=branch.with_publicity,
        equipped=branch.equipped,
    )


def _render_materials(message: outlet_pb2.KnownOutlet | outlet_pb2.Visit) -> Materials | None:
    if not message.HasField("materials"):
        return None
    return Materials(product_cards=message.materials.product_cards, publicity=message.materials.publicity)
