"""What the tests of this folder act through: identities, requests and a served catalogue; it asserts nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from carillon.catalog.v1 import (
    catalog_pb2,
    catalog_pb2_grpc,
    order_pb2,
    order_pb2_grpc,
    outlet_pb2_grpc,
    sales_pb2,
    sales_pb2_grpc,
)
from carillon_chassis.client import invoke
from carillon_chassis.database import Database
from carillon_chassis.identity import Identity, acting_as
from svc_catalog.app.branches import Branches
from svc_catalog.worker.sales_counter import SalesCounter, SegmentBranches

PROVINCE = Identity(subject="province", roles=frozenset({"province_admin"}))
PORTAL = Identity(subject="portal", roles=frozenset({"portal"}))
AUDITOR = Identity(subject="auditor", roles=frozenset({"auditor"}))
HALL_NORTH = Identity(subject="hall-north", roles=frozenset({"hall_terminal"}), branch="north")
HALL_SOUTH = Identity(subject="hall-south", roles=frozenset({"hall_terminal"}), branch="south")
# Without a svc-segment nobody's branch is known.
NOBODYS = SegmentBranches(None)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The services of svc-catalog and its database, to look into."""

    catalog: catalog_pb2_grpc.CatalogServiceStub
    orders: order_pb2_grpc.OrderServiceStub
    outlets: outlet_pb2_grpc.OutletServiceStub
    sales: sales_pb2_grpc.SalesServiceStub
    database: Database

    async def place(self, identity: Identity = PORTAL, **overrides: object) -> order_pb2.Order:
        """Places an order as the identity; the overrides are fields of PlaceOrderRequest."""
        request = place_request(**overrides)
        with acting_as(identity):
            return (await invoke(self.orders.PlaceOrder, request)).order

    async def confirm(self, order_id: str, identity: Identity = PORTAL, request_id: str = "") -> order_pb2.Order:
        """Confirms an order as the identity."""
        request = order_pb2.ConfirmOrderRequest(request_id=request_id or str(uuid4()), order_id=order_id)
        with acting_as(identity):
            return (await invoke(self.orders.ConfirmOrder, request)).order

    async def cancel(self, order_id: str, identity: Identity = PORTAL, request_id: str = "") -> order_pb2.Order:
        """Cancels an order as the identity."""
        request = order_pb2.CancelOrderRequest(request_id=request_id or str(uuid4()), order_id=order_id)
        with acting_as(identity):
            return (await invoke(self.orders.CancelOrder, request)).order

    async def get(self, order_id: str, identity: Identity = PORTAL) -> order_pb2.Order:
        """Gets an order as the identity."""
        with acting_as(identity):
            return (await invoke(self.orders.GetOrder, order_pb2.GetOrderRequest(order_id=order_id))).order

    async def subscriptions(self, subscriber_id: int) -> list[order_pb2.Subscription]:
        """Lists what a subscriber has."""
        request = order_pb2.ListSubscriptionsRequest(subscriber_id=subscriber_id)
        with acting_as(PORTAL):
            return list((await invoke(self.orders.ListSubscriptions, request)).subscriptions)

    async def end(self, subscriber_id: int, service: str) -> order_pb2.Subscription:
        """Ends a subscription."""
        request = order_pb2.EndSubscriptionRequest(
            request_id=str(uuid4()), subscriber_id=subscriber_id, service=service
        )
        with acting_as(PORTAL):
            return (await invoke(self.orders.EndSubscription, request)).subscription

    async def count_sales(
        self, identity: Identity = AUDITOR, **asked: object
    ) -> list[tuple[str, str, str, int, int, int]]:
        """Counts sales as the identity; the words are fields of CountSalesRequest."""
        request = sales_pb2.CountSalesRequest(**asked)  # type: ignore[arg-type]  # one mapping of several types
        with acting_as(identity):
            answer = await invoke(self.sales.CountSales, request)
        return [
            (row.service, row.touchpoint, row.branch, row.ordered, row.active, row.cancelled) for row in answer.rows
        ]

    async def settle(self, branches: Branches = NOBODYS) -> None:
        """Finds homes and rolls up until nothing is left to do."""
        worker = SalesCounter(database=self.database, branches=branches)
        while await worker.step():
            pass

    async def load(self, identity: Identity = PROVINCE) -> catalog_pb2.LoadReferenceResponse:
        """Loads the reference tables."""
        with acting_as(identity):
            return await invoke(self.catalog.LoadReference, catalog_pb2.LoadReferenceRequest(request_id=str(uuid4())))

    async def count(self, table: str) -> int:
        """Counts the rows of a table."""
        async with self.database.read() as unit:
            return int(await unit.driver.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608 -- a test's own literal


def place_request(**overrides: object) -> order_pb2.PlaceOrderRequest:
    """Gives a valid order of subscriber 7 for CRBT at 29.99 yuan, with fields replaced."""
    fields: dict[str, object] = {
        "request_id": str(uuid4()),
        "subscriber_id": 7,
        "service": "CRBT",
        "amount_fen": 2999,
        "source": order_pb2.OrderSource(touchpoint="portal", campaign_id="campaign-1"),
    }
    return order_pb2.PlaceOrderRequest(**(fields | overrides))  # type: ignore[arg-type]  # one mapping of several types
