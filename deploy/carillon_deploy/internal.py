"""The few calls that the command makes over gRPC on the machine itself, where HTTP has no path; reads and set-up only."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import grpc

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon.segment.v1 import match_pb2, match_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream, open_channel
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.ids import new_id
from carillon_deploy.whole_file import whole_file

# The trial balance reads every entry.
CALL_TIMEOUT_SECONDS = 60.0
# The proof hashes every entry: a million take well under a minute, and a ledger holds many.
PROOF_TIMEOUT_SECONDS = 3600.0
OPERATOR = Identity(subject="carillon-command", roles=frozenset({"province_admin"}), branch="")
Answer = TypeVar("Answer")


def load_reference(address: str) -> catalog_pb2.LoadReferenceResponse:
    """Has svc-catalog load the reference tables it ships."""

    async def call(channel: grpc.aio.Channel) -> catalog_pb2.LoadReferenceResponse:
        stub = catalog_pb2_grpc.CatalogServiceStub(channel)
        request = catalog_pb2.LoadReferenceRequest(request_id=str(new_id()))
        return await invoke(stub.LoadReference, request, timeout_seconds=CALL_TIMEOUT_SECONDS)

    return _call(address, call)


def load_match_library(address: str) -> match_pb2.LoadMatchLibraryResponse:
    """Has svc-segment load the match library it ships."""

    async def call(channel: grpc.aio.Channel) -> match_pb2.LoadMatchLibraryResponse:
        stub = match_pb2_grpc.MatchServiceStub(channel)
        request = match_pb2.LoadMatchLibraryRequest(request_id=str(new_id()))
        return await invoke(stub.LoadMatchLibrary, request, timeout_seconds=CALL_TIMEOUT_SECONDS)

    return _call(address, call)


def trial_balance(address: str) -> ledger_pb2.GetTrialBalanceResponse:
    """Has svc-reward sum every currency over all entries."""

    async def call(channel: grpc.aio.Channel) -> ledger_pb2.GetTrialBalanceResponse:
        stub = ledger_pb2_grpc.LedgerServiceStub(channel)
        return await invoke(
            stub.GetTrialBalance, ledger_pb2.GetTrialBalanceRequest(), timeout_seconds=CALL_TIMEOUT_SECONDS
        )

    return _call(address, call)


def verify_chain(
    address: str, show: Callable[[ledger_pb2.VerifyLedgerResponse], None]
) -> ledger_pb2.VerifyLedgerResponse:
    """Has svc-reward prove every transfer against the hash chain; ``show`` hears how far it has come."""

    async def call(channel: grpc.aio.Channel) -> ledger_pb2.VerifyLedgerResponse:
        stub = ledger_pb2_grpc.LedgerServiceStub(channel)
        proof = ledger_pb2.VerifyLedgerResponse()
        request = ledger_pb2.VerifyLedgerRequest()
        async for proof in invoke_stream(stub.VerifyLedger, request, timeout_seconds=PROOF_TIMEOUT_SECONDS):
            show(proof)
        return proof

    return _call(address, call)


def export_ledger(address: str, out: Path, show: Callable[[int], None]) -> int:
    """Writes the sealed ledger as a file that appears whole and gives its bytes; ``show`` hears how many so far."""

    async def call(channel: grpc.aio.Channel) -> int:
        stub = ledger_pb2_grpc.LedgerServiceStub(channel)
        request, written = ledger_pb2.ExportLedgerRequest(), 0
        with whole_file(out) as file:
            async for answer in invoke_stream(stub.ExportLedger, request, timeout_seconds=PROOF_TIMEOUT_SECONDS):
                written += await asyncio.to_thread(file.write, answer.piece)
                show(written)
        return written

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
