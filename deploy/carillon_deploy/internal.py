"""The few calls that the command makes over gRPC on the machine itself, where HTTP has no path; reads and set-up only."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import grpc

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.ids import new_id

# The trial balance reads every entry.
CALL_TIMEOUT_SECONDS = 60.0
OPERATOR = Identity(subject="carillon-command", roles=frozenset({"province_admin"}), branch="")
Answer = TypeVar("Answer")


def load_reference(address: str) -> catalog_pb2.LoadReferenceResponse:
    """Has svc-catalog load the reference tables it ships."""

    async def call(channel: grpc.aio.Channel) -> catalog_pb2.LoadReferenceResponse:
        stub = catalog_pb2_grpc.CatalogServiceStub(channel)
        request = catalog_pb2.LoadReferenceRequest(request_id=str(new_id()))
        return await invoke(stub.LoadReference, request, timeout_seconds=CALL_TIMEOUT_SECONDS)

    return _call(address, call)


def trial_balance(address: str) -> ledger_pb2.GetTrialBalanceResponse:
    """Has svc-reward sum every currency over all entries."""

    async def call(channel: grpc.aio.Channel) -> ledger_pb2.GetTrialBalanceResponse:
        stub = ledger_pb2_grpc.LedgerServiceStub(channel)
        return await invoke(
            stub.GetTrialBalance, ledger_pb2.GetTrialBalanceRequest(), timeout_seconds=CALL_TIMEOUT_SECONDS
        )

    return _call(address, call)


def _call(address: str, ask: Callable[[grpc.aio.Channel], Coroutine[Any, Any, Answer]]) -> Answer:
    async def run() -> Answer:
        channel = open_channel(address)
        try:
            with acting_as(OPERATOR):
                return await ask(channel)
        finally:
            await channel.close()

    return asyncio.run(run())
