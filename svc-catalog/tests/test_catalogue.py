"""The inventory over gRPC: loading, listing page by page, looking up."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from carillon.catalog.v1 import catalog_pb2
from carillon.catalog.v1.catalog_pb2 import Service
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused
from carillon_chassis.identity import Identity, acting_as
from svc_catalog.store.tables import CatalogTable

from .catalogue import AUDITOR, PROVINCE, Catalogue


async def test_loading_tells_how_many_entries_each_table_has(empty: Catalogue) -> None:
    loaded = await empty.load()
    assert (loaded.services, loaded.brands, loaded.channels) == (73, 3, 37)
    assert [await empty.count(table) for table in ("service", "brand", "channel")] == [73, 3, 37]


async def test_loading_again_mends_what_was_changed_and_keeps_prices(catalogue: Catalogue) -> None:
    async with catalogue.database.unit_of_work() as unit:
        await unit.driver.execute("UPDATE service SET name_zh = 'x', premium_fen = 100 WHERE code = 'CRBT'")
    loaded = await catalogue.load()
    assert loaded.services == 73
    assert await catalogue.count("service") == 73
    crbt = (await invoke(catalogue.catalog.GetService, catalog_pb2.GetServiceRequest(code="CRBT"))).service
    assert crbt.name_zh == "彩铃"
    assert crbt.prices.premium_fen == 100
    assert not crbt.prices.HasField("ordinary_fen")


async def set_prices(catalogue: Catalogue, identity: Identity = PROVINCE, code: str = "CRBT", **fen: int) -> Service:
    """Sets prices; the key of a replay is what is asked."""
    request = catalog_pb2.SetPricesRequest(
        request_id=f"{code}-{fen}", code=code, prices=catalog_pb2.MemberPrices(**fen)
    )
    with acting_as(identity):
        return (await invoke(catalogue.catalog.SetPrices, request)).service


async def test_the_province_sets_the_three_prices_and_takes_one_away(catalogue: Catalogue) -> None:
    """CAT-45, A-32: no document prints one, so an operator says them."""
    service = await set_prices(catalogue, premium_fen=100, ordinary_fen=200, non_member_fen=0)
    assert service.prices == catalog_pb2.MemberPrices(premium_fen=100, ordinary_fen=200, non_member_fen=0)
    assert (await invoke(catalogue.catalog.GetService, catalog_pb2.GetServiceRequest(code="CRBT"))).service == service
    cheaper = await set_prices(catalogue, premium_fen=50)
    assert cheaper.prices == catalog_pb2.MemberPrices(premium_fen=50)
    other = (await invoke(catalogue.catalog.GetService, catalog_pb2.GetServiceRequest(code="NEWSPAPER"))).service
    assert other.prices == catalog_pb2.MemberPrices()


async def test_prices_of_nothing_by_nobody_and_below_nothing_are_refused(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound):
        await set_prices(catalogue, code="CRBTX", premium_fen=1)
    with pytest.raises(PermissionRefused):
        await set_prices(catalogue, AUDITOR, premium_fen=1)
    for wrong in (-1, 100_000_001):
        with pytest.raises(InvalidInput):
            await set_prices(catalogue, premium_fen=wrong)
    crbt = (await invoke(catalogue.catalog.GetService, catalog_pb2.GetServiceRequest(code="CRBT"))).service
    assert crbt.prices == catalog_pb2.MemberPrices()


async def test_only_the_province_loads_the_reference(empty: Catalogue) -> None:
    with pytest.raises(PermissionRefused) as refusal:
        await empty.load(AUDITOR)
    assert refusal.value.reason == "ROLE_MISSING"
    assert await empty.count("service") == 0


async def test_a_service_shows_all_that_is_known_of_it(catalogue: Catalogue) -> None:
    answer = await invoke(catalogue.catalog.GetService, catalog_pb2.GetServiceRequest(code="NEWSPAPER"))
    assert answer.service == catalog_pb2.Service(
        code="NEWSPAPER",
        name_zh="手机报",
        name_en="Mobile newspaper",
        aliases_zh=["手机报纸"],
        ownership="OWN",
        instant_activation=True,
        has_mining_model=True,
        ocrm_marketed=True,
        revenue_calibre="DATA_VAS",
        cluster="b",
        prices=catalog_pb2.MemberPrices(),
    )


async def test_an_unknown_service_is_told_with_the_likely_codes(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound) as refusal:
        await invoke(catalogue.catalog.GetService, catalog_pb2.GetServiceRequest(code="NEWSPAPR"))
    assert refusal.value.reason == "SERVICE_UNKNOWN"
    assert refusal.value.metadata["suggestions"] == "NEWSPAPER"
    assert "did you mean NEWSPAPER?" in refusal.value.detail


async def test_pages_give_every_service_once_in_order_of_code(catalogue: Catalogue) -> None:
    codes: list[str] = []
    token = ""
    sizes = []
    while True:
        page = await invoke(
            catalogue.catalog.ListServices, catalog_pb2.ListServicesRequest(page_size=30, page_token=token)
        )
        sizes.append(len(page.services))
        codes += [service.code for service in page.services]
        token = page.next_page_token
        if not token:
            break
    assert sizes == [30, 30, 13]
    assert codes == sorted(set(codes))


async def test_a_page_that_ends_the_list_has_no_token(catalogue: Catalogue) -> None:
    page = await invoke(catalogue.catalog.ListServices, catalog_pb2.ListServicesRequest(page_size=73))
    assert len(page.services) == 73
    assert page.next_page_token == ""


async def test_a_page_token_of_ones_own_making_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await invoke(catalogue.catalog.ListServices, catalog_pb2.ListServicesRequest(page_token="nonsense"))
    assert refusal.value.reason == "PAGE_TOKEN_INVALID"


async def test_brands_and_channels_come_in_the_order_of_the_source(catalogue: Catalogue) -> None:
    brands = (await invoke(catalogue.catalog.ListBrands, catalog_pb2.ListBrandsRequest())).brands
    assert [brand.code for brand in brands] == ["GOTONE", "MZONE", "EASYOWN"]
    assert list(brands[2].promote) == ["低资费门槛", "高终端适配率"]
    channels = (await invoke(catalogue.catalog.ListChannels, catalog_pb2.ListChannelsRequest())).channels
    assert channels[0].code == "OUT_CALL"
    assert sum(channel.canonical for channel in channels) == 11
    assert channels[0].role == "INTERACTIVE_PRECISION"
    [ktv] = [channel for channel in channels if channel.code == "KTV"]
    assert (ktv.name_en, ktv.role, ktv.contact, ktv.has_outlets) == (
        "KTV song system",
        "SCALE_PROMOTION",
        "ACTIVE",
        True,
    )


async def test_the_migrations_make_the_tables_that_the_code_describes(empty: Catalogue) -> None:
    described = set(CatalogTable.metadata.tables)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _parents: kind != "table" or name in described},
        )
        return list(compare_metadata(context, CatalogTable.metadata))

    async with empty.database.read() as unit:
        assert await unit.connection.run_sync(differences) == []
