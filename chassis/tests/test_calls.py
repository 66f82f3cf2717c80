"""A call carries identity and deadline; errors come out on the other side as they went in; replays give the first answer."""

import asyncio
from typing import Any

import pytest

from carillon.catalog.v1 import order_pb2, order_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import (
    Conflict,
    DomainError,
    InvalidInput,
    PermissionRefused,
    StateRefused,
    Unavailable,
    Violation,
)
from carillon_chassis.identity import Identity, acting_as, current_identity, require_role
from carillon_chassis.server import Service
from carillon_chassis.settings import ServiceSettings
from carillon_chassis.testing.plugin import Serving
from carillon_chassis.wire_errors import to_status

ORDER = "0190b3a0-0000-7000-8000-000000000000"
AGENT = Identity(subject="agent-1", roles=frozenset({"agent"}), branch="gz-01")


class Orders(order_pb2_grpc.OrderServiceServicer):
    """Answers just enough to see what travels."""

    def __init__(self, database: Database) -> None:
        self._commands = Commands(database)
        self.calls = 0

    async def GetOrder(self, request: order_pb2.GetOrderRequest, context: Any) -> order_pb2.GetOrderResponse:
        who = current_identity()
        require_role(who, "agent")
        return order_pb2.GetOrderResponse(order=order_pb2.Order(id=f"{who.subject}/{who.branch}"))

    async def CancelOrder(self, request: order_pb2.CancelOrderRequest, context: Any) -> order_pb2.CancelOrderResponse:
        raise StateRefused(
            reason="ORDER_STATE", field="state", detail="active, not pending", metadata={"state": "active"}
        )

    async def PlaceOrder(self, request: order_pb2.PlaceOrderRequest, context: Any) -> order_pb2.PlaceOrderResponse:
        return order_pb2.PlaceOrderResponse()

    async def EndSubscription(
        self, request: order_pb2.EndSubscriptionRequest, context: Any
    ) -> order_pb2.EndSubscriptionResponse:
        return order_pb2.EndSubscriptionResponse()

    async def ListSubscriptions(self, request: Any, context: Any) -> order_pb2.ListSubscriptionsResponse:
        raise KeyError("a secret of the inside")

    async def ConfirmOrder(
        self, request: order_pb2.ConfirmOrderRequest, context: Any
    ) -> order_pb2.ConfirmOrderResponse:
        async def confirm(unit: UnitOfWork) -> order_pb2.ConfirmOrderResponse:
            self.calls += 1
            await unit.driver.execute("INSERT INTO note VALUES ($1, 'x')", self.calls)
            if request.order_id.endswith("f"):
                raise StateRefused(reason="NO", detail="not this one")
            return order_pb2.ConfirmOrderResponse(order=order_pb2.Order(id=request.order_id, amount_fen=self.calls))

        return await self._commands.run(request, order_pb2.ConfirmOrderResponse, confirm)


@pytest.fixture
async def stub(database: Database, serving: Serving) -> Any:
    service = Service(
        settings=ServiceSettings(database_url=database.url, listen=""),
        name="test",
        database=database,
        servicers=[(order_pb2_grpc.add_OrderServiceServicer_to_server, Orders(database))],
    )
    async with serving(service) as channel:
        yield order_pb2_grpc.OrderServiceStub(channel)


async def test_the_callers_identity_arrives(stub: Any) -> None:
    with acting_as(AGENT):
        answer = await invoke(stub.GetOrder, order_pb2.GetOrderRequest(order_id=ORDER))
    assert answer.order.id == "agent-1/gz-01"


async def test_a_missing_role_is_refused_with_its_reason(stub: Any) -> None:
    with pytest.raises(PermissionRefused) as refused:
        await invoke(stub.GetOrder, order_pb2.GetOrderRequest(order_id=ORDER))
    assert refused.value.reason == "ROLE_MISSING"


async def test_a_domain_error_comes_out_as_it_went_in(stub: Any) -> None:
    with pytest.raises(StateRefused) as refused:
        await invoke(stub.CancelOrder, order_pb2.CancelOrderRequest(request_id="1", order_id=ORDER))
    error = refused.value
    assert (error.reason, error.field, error.detail, dict(error.metadata)) == (
        "ORDER_STATE",
        "state",
        "active, not pending",
        {"state": "active"},
    )


async def test_a_request_of_the_wrong_shape_never_reaches_the_servicer(stub: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        await invoke(stub.CancelOrder, order_pb2.CancelOrderRequest(order_id="no uuid"))
    assert refused.value.reason == "SHAPE"
    assert {violation.field for violation in refused.value.violations} == {"request_id", "order_id"}


def test_a_thousand_violations_are_told_as_ten() -> None:
    many = tuple(Violation(field=f"cells[{number}]", rule="string.pattern", detail="x" * 100) for number in range(1000))
    status = to_status(InvalidInput(reason="SHAPE", detail="much is wrong", violations=many))
    # What a status takes in headers, once as text and once in its details, stays far below their 8 KB.
    assert status.ByteSize() < 3000
    assert len(status.details) == 2


async def test_an_internal_error_does_not_tell_its_inside(stub: Any) -> None:
    with pytest.raises(DomainError) as failed:
        await invoke(stub.ListSubscriptions, order_pb2.ListSubscriptionsRequest(subscriber_id=1))
    assert failed.value.reason == "INTERNAL"
    assert "secret" not in failed.value.detail


async def test_a_peer_that_is_away_is_unavailable(serving: Serving, database: Database, stub: Any) -> None:
    from carillon_chassis.client import open_channel

    away = order_pb2_grpc.OrderServiceStub(open_channel("unix:/nowhere/at/all.sock"))
    with pytest.raises(Unavailable):
        await invoke(away.GetOrder, order_pb2.GetOrderRequest(order_id=ORDER), timeout_seconds=2)


async def test_the_same_key_and_body_get_the_first_answer_even_at_the_same_time(stub: Any) -> None:
    request = order_pb2.ConfirmOrderRequest(request_id="k", order_id=ORDER)
    with acting_as(AGENT):
        answers = await asyncio.gather(*(invoke(stub.ConfirmOrder, request) for _ in range(8)))
    assert {answer.order.amount_fen for answer in answers} == {1}


async def test_the_same_key_with_another_body_conflicts(stub: Any) -> None:
    with acting_as(AGENT):
        await invoke(stub.ConfirmOrder, order_pb2.ConfirmOrderRequest(request_id="k", order_id=ORDER))
        with pytest.raises(Conflict) as refused:
            other = ORDER.replace("7000", "7001")
            await invoke(stub.ConfirmOrder, order_pb2.ConfirmOrderRequest(request_id="k", order_id=other))
    assert refused.value.reason == "IDEMPOTENCY_CONFLICT"


async def test_another_callers_same_key_is_another_command(stub: Any) -> None:
    request = order_pb2.ConfirmOrderRequest(request_id="k", order_id=ORDER)
    with acting_as(AGENT):
        first = await invoke(stub.ConfirmOrder, request)
    with acting_as(Identity(subject="agent-2")):
        second = await invoke(stub.ConfirmOrder, request)
    assert (first.order.amount_fen, second.order.amount_fen) == (1, 2)


async def test_a_refused_command_may_be_tried_again_under_its_key(stub: Any) -> None:
    request = order_pb2.ConfirmOrderRequest(request_id="k", order_id=ORDER[:-1] + "f")
    for _ in range(2):
        with pytest.raises(StateRefused):
            await invoke(stub.ConfirmOrder, request)
