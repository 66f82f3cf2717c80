"""Touch points of orders, and the outlets that stand for some of them, over gRPC and PostgreSQL."""

from uuid import uuid4

import pytest

from carillon.catalog.v1 import order_pb2, outlet_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import Conflict, InvalidInput, NotFound, PermissionRefused
from carillon_chassis.identity import Identity, acting_as

from .catalogue import AUDITOR, HALL_NORTH, PORTAL, PROVINCE, Catalogue

NORTH = Identity(subject="ops-north", roles=frozenset({"branch_operator"}), branch="north")
SOUTH = Identity(subject="ops-south", roles=frozenset({"branch_operator"}), branch="south")


async def register(
    catalogue: Catalogue, code: str, identity: Identity = NORTH, /, **overrides: object
) -> outlet_pb2.KnownOutlet:
    fields: dict[str, object] = {"code": code, "name": f"Outlet {code}", "touchpoint": "SOCIAL_OUTLET"}
    outlet = outlet_pb2.Outlet(**(fields | overrides))  # type: ignore[arg-type]  # one mapping of several types
    request = outlet_pb2.RegisterOutletRequest(request_id=str(uuid4()), outlet=outlet)
    with acting_as(identity):
        return (await invoke(catalogue.outlets.RegisterOutlet, request)).outlet


async def visit(
    catalogue: Catalogue, code: str, identity: Identity = NORTH, /, **overrides: object
) -> outlet_pb2.RecordVisitResponse:
    fields: dict[str, object] = {"visited_on": "2009-03-02", "supervisor": "duan-7"}
    said = outlet_pb2.Visit(**(fields | overrides))  # type: ignore[arg-type]  # one mapping of several types
    request = outlet_pb2.RecordVisitRequest(request_id=str(uuid4()), code=code, visit=said)
    with acting_as(identity):
        return await invoke(catalogue.outlets.RecordVisit, request)


async def listed(catalogue: Catalogue, identity: Identity = NORTH, **asked: object) -> list[str]:
    request = outlet_pb2.ListOutletsRequest(**asked)  # type: ignore[arg-type]  # one mapping of several types
    with acting_as(identity):
        return [known.outlet.code for known in (await invoke(catalogue.outlets.ListOutlets, request)).outlets]


def source(**fields: str) -> order_pb2.OrderSource:
    return order_pb2.OrderSource(**fields)


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("KTV", "KTV"), ("ktv", "KTV"), ("portal", "PORTAL"), ("web", "WEBSITE"), ("Hotline", "IVR_12530019"),
        ("1860", "HOTLINE_1860"), ("robot", "FETION_ROBOT"), ("inbound_10096", "INBOUND_10096"), ("", ""),
    ],
)  # fmt: skip
async def test_an_order_keeps_the_code_of_its_touch_point_however_it_was_spelt(
    catalogue: Catalogue, named: str, code: str
) -> None:
    """CHN-01."""
    order = await catalogue.place(source=source(touchpoint=named))
    assert order.source.touchpoint == code
    assert (await catalogue.get(order.id)).source.touchpoint == code


async def test_an_order_of_an_unknown_touch_point_is_refused_with_the_likely_ones(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound) as refusal:
        await catalogue.place(source=source(touchpoint="QUEUE_MACHIN"))
    assert (refusal.value.reason, refusal.value.field) == ("TOUCHPOINT_UNKNOWN", "source.touchpoint")
    assert refusal.value.metadata["suggestions"].startswith("QUEUE_MACHINE")
    assert await catalogue.count("service_order") == 0


async def test_an_order_of_a_ktv_carries_the_outlet_and_tells_it(catalogue: Catalogue) -> None:
    """CHN-37: the song system orders as any touch point does, and says which KTV it stands in."""
    await register(catalogue, "KTV-0001", name="欢唱 KTV", touchpoint="ktv")
    order = await catalogue.place(
        service="CRBT_DOWNLOAD", plan="600902000000", source=source(touchpoint="ktv", outlet="KTV-0001")
    )
    assert (order.source.touchpoint, order.source.outlet, order.plan) == ("KTV", "KTV-0001", "600902000000")
    assert (await catalogue.confirm(order.id)).source.outlet == "KTV-0001"
    async with catalogue.database.read() as unit:
        told = await unit.driver.fetchval("SELECT count(*) FROM outbox WHERE position('KTV-0001'::bytea in body) > 0")
    assert told == 1


@pytest.mark.parametrize(
    ("identity", "fields", "error", "reason"),
    [
        (PORTAL, {"touchpoint": "KTV", "outlet": "KTV-9999"}, NotFound, "OUTLET_UNKNOWN"),
        (PORTAL, {"touchpoint": "NET_CAFE", "outlet": "KTV-0001"}, InvalidInput, "OUTLET_ELSEWHERE"),
        (PORTAL, {"touchpoint": "", "outlet": "KTV-0001"}, NotFound, "TOUCHPOINT_UNKNOWN"),
        # Another branch's outlet is as good as none.
        (
            Identity(subject="hall-south", roles=frozenset({"hall_terminal"}), branch="south"),
            {"touchpoint": "KTV", "outlet": "KTV-0001"},
            NotFound,
            "OUTLET_UNKNOWN",
        ),
    ],
)
async def test_an_order_of_an_outlet_that_is_not_there_is_refused(
    catalogue: Catalogue, identity: Identity, fields: dict[str, str], error: type[Exception], reason: str
) -> None:
    await register(catalogue, "KTV-0001", touchpoint="KTV")
    with pytest.raises(error) as refusal:
        await catalogue.place(identity, source=source(**fields))
    assert refusal.value.reason == reason  # type: ignore[attr-defined]  # every domain error has one


async def test_a_branch_registers_its_own_outlets_and_sees_no_others(catalogue: Catalogue) -> None:
    """CHN-34, CHN-40, A-03."""
    six_star = await register(catalogue, "N-1", touchpoint="SOCIAL_6STAR", stars=6, key=True)
    assert (six_star.outlet.branch, six_star.outlet.stars, six_star.outlet.key) == ("north", 6, True)
    assert six_star.outlet.stage == outlet_pb2.OUTLET_STAGE_PUBLICITY
    assert not six_star.HasField("materials")
    await register(catalogue, "N-2", touchpoint="UNIVERSITY", alliance=True)
    await register(catalogue, "S-1", SOUTH, touchpoint="UNIVERSITY")
    await register(catalogue, "S-2", PROVINCE, branch="south")
    assert await listed(catalogue) == ["N-1", "N-2"]
    assert await listed(catalogue, SOUTH) == ["S-1", "S-2"]
    assert await listed(catalogue, AUDITOR, touchpoint="UNIVERSITY") == ["N-2", "S-1"]
    assert await listed(catalogue, PROVINCE, branch="north", key_only=True) == ["N-1"]
    with pytest.raises(PermissionRefused) as refusal:
        await listed(catalogue, NORTH, branch="south")
    assert refusal.value.reason == "OTHER_BRANCH"
    with pytest.raises(NotFound):
        await visit(catalogue, "S-1", trained=3)


async def test_pages_of_outlets_give_every_one_once(catalogue: Catalogue) -> None:
    for number in range(5):
        await register(catalogue, f"N-{number}")
    with acting_as(NORTH):
        first = await invoke(catalogue.outlets.ListOutlets, outlet_pb2.ListOutletsRequest(page_size=3))
    assert [known.outlet.code for known in first.outlets] == ["N-0", "N-1", "N-2"]
    assert await listed(catalogue, page_token=first.next_page_token) == ["N-3", "N-4"]


@pytest.mark.parametrize(
    ("identity", "overrides", "error", "reason"),
    [
        (SOUTH, {}, Conflict, "OUTLET_TAKEN"),
        (NORTH, {"code": "N-2", "touchpoint": "SMS"}, InvalidInput, "TOUCHPOINT_HAS_NO_OUTLETS"),
        (NORTH, {"code": "N-2", "touchpoint": "SHIP"}, NotFound, "TOUCHPOINT_UNKNOWN"),
        (NORTH, {"code": "N-2", "branch": "south"}, PermissionRefused, "OTHER_BRANCH"),
        (NORTH, {"code": "N-2", "name": " "}, InvalidInput, "OUTLET_INVALID"),
        (
            NORTH,
            {"code": "N-2", "touchpoint": "NET_CAFE", "stage": outlet_pb2.OUTLET_STAGE_DIRECT_SALES},
            InvalidInput,
            "STAGE_TOO_EARLY",
        ),
        (AUDITOR, {"code": "N-2"}, PermissionRefused, "ROLE_MISSING"),
        (HALL_NORTH, {"code": "N-2"}, PermissionRefused, "ROLE_MISSING"),
    ],
)
async def test_an_outlet_that_cannot_be_is_not_registered(
    catalogue: Catalogue, identity: Identity, overrides: dict[str, object], error: type[Exception], reason: str
) -> None:
    await register(catalogue, "N-1")
    with pytest.raises(error) as refusal:
        await register(catalogue, str(overrides.pop("code", "N-1")), identity, **overrides)
    assert refusal.value.reason == reason  # type: ignore[attr-defined]  # every domain error has one
    assert await catalogue.count("outlet") == 1


async def test_a_net_cafe_begins_with_publicity_and_has_a_direct_team_later(catalogue: Catalogue) -> None:
    """CHN-40."""
    await register(catalogue, "CAFE-1", touchpoint="NET_CAFE", alliance=True)
    request = outlet_pb2.ChangeOutletRequest(
        request_id="change-1",
        code="CAFE-1",
        name="网吧一",
        alliance=True,
        stage=outlet_pb2.OUTLET_STAGE_DIRECT_SALES,
    )
    with acting_as(NORTH):
        changed = (await invoke(catalogue.outlets.ChangeOutlet, request)).outlet.outlet
    assert (changed.name, changed.stage, changed.alliance, changed.touchpoint) == (
        "网吧一",
        outlet_pb2.OUTLET_STAGE_DIRECT_SALES,
        True,
        "NET_CAFE",
    )
    request.request_id = "change-2"
    with acting_as(SOUTH), pytest.raises(NotFound) as refusal:
        await invoke(catalogue.outlets.ChangeOutlet, request)
    assert refusal.value.reason == "OUTLET_UNKNOWN"


async def test_an_outlet_is_known_by_the_newest_visit_that_said(catalogue: Catalogue) -> None:
    """CHN-34: training, certification and materials, each by the last visit that spoke of it."""
    await register(catalogue, "N-1", key=True)
    both = outlet_pb2.Materials(product_cards=True, publicity=True)
    await visit(catalogue, "N-1", visited_on="2009-03-02", trained=4, materials=both)
    passed = await visit(
        catalogue, "N-1", visited_on="2009-04-01", certification=outlet_pb2.CERTIFICATION_PASSED, note="满分"
    )
    assert (passed.outlet.trained_on, passed.outlet.certified_on) == ("2009-03-02", "2009-04-01")
    assert passed.outlet.materials == both
    # Told late: an earlier visit changes nothing that a later one said.
    await visit(catalogue, "N-1", visited_on="2009-03-20", certification=outlet_pb2.CERTIFICATION_FAILED)
    failed = await visit(
        catalogue,
        "N-1",
        visited_on="2009-05-01",
        certification=outlet_pb2.CERTIFICATION_FAILED,
        materials=outlet_pb2.Materials(product_cards=True),
    )
    assert (failed.outlet.trained_on, failed.outlet.certified_on) == ("2009-03-02", "")
    assert failed.outlet.materials == outlet_pb2.Materials(product_cards=True)
    with acting_as(AUDITOR):
        visits = (await invoke(catalogue.outlets.ListVisits, outlet_pb2.ListVisitsRequest(code="N-1"))).visits
    assert [(one.visited_on, one.trained, one.certification, one.recorded_by) for one in visits] == [
        ("2009-05-01", 0, outlet_pb2.CERTIFICATION_FAILED, "ops-north"),
        ("2009-04-01", 0, outlet_pb2.CERTIFICATION_PASSED, "ops-north"),
        ("2009-03-20", 0, outlet_pb2.CERTIFICATION_FAILED, "ops-north"),
        ("2009-03-02", 4, outlet_pb2.CERTIFICATION_UNSPECIFIED, "ops-north"),
    ]


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({}, "VISIT_EMPTY"),
        ({"trained": 1, "visited_on": "9999-01-01"}, "VISIT_TO_COME"),
        ({"trained": 1, "visited_on": "2009-02-30"}, "VISIT_INVALID"),
    ],
)
async def test_a_visit_that_cannot_have_been_is_refused(
    catalogue: Catalogue, overrides: dict[str, object], reason: str
) -> None:
    await register(catalogue, "N-1")
    with pytest.raises(InvalidInput) as refusal:
        await visit(catalogue, "N-1", **overrides)
    assert refusal.value.reason == reason
    assert await catalogue.count("outlet_visit") == 0


async def test_coverage_counts_each_branch_by_what_its_visits_came_to(catalogue: Catalogue) -> None:
    """CHN-34: of how many key outlets how many are certified, and how many outlets have the materials."""
    for code, key in (("N-1", True), ("N-2", True), ("N-3", True), ("N-4", False)):
        await register(catalogue, code, key=key)
    await register(catalogue, "S-1", SOUTH, key=True)
    passed, failed = outlet_pb2.CERTIFICATION_PASSED, outlet_pb2.CERTIFICATION_FAILED
    await visit(catalogue, "N-1", trained=2, certification=passed)
    await visit(catalogue, "N-2", trained=1, certification=passed)
    await visit(catalogue, "N-2", visited_on="2009-06-01", certification=failed)
    await visit(catalogue, "N-4", certification=passed, materials=outlet_pb2.Materials(publicity=True))
    await visit(catalogue, "N-3", materials=outlet_pb2.Materials(product_cards=True, publicity=True))

    async def covered(identity: Identity, branch: str = "") -> list[outlet_pb2.BranchCoverage]:
        with acting_as(identity):
            request = outlet_pb2.GetCoverageRequest(branch=branch)
            return list((await invoke(catalogue.outlets.GetCoverage, request)).branches)

    north = outlet_pb2.BranchCoverage(
        branch="north",
        outlets=4,
        key_outlets=3,
        key_trained=2,
        key_certified=1,
        with_product_cards=1,
        with_publicity=2,
        equipped=1,
    )
    south = outlet_pb2.BranchCoverage(branch="south", outlets=1, key_outlets=1)
    assert await covered(PROVINCE) == [north, south]
    assert await covered(AUDITOR, "south") == [south]
    assert await covered(NORTH) == [north]
    with pytest.raises(PermissionRefused):
        await covered(PORTAL)
