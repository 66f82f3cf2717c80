"""The gRPC face of the ledger: parses, calls a use case, renders; it must not decide anything."""

from collections.abc import AsyncIterator
from datetime import tzinfo
from typing import Any

import grpc

from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_reward.api.access import AUDIT_ROLES, BOOKING_ROLES, READER_ROLES, require_service_or
from svc_reward.api.messages import (
    KINDS,
    parse_account,
    parse_as_of,
    parse_batch,
    render_balances,
    render_lines,
    render_outcomes,
    render_proof,
    render_trial_balance,
)
from svc_reward.app.export_ledger import export_ledger
from svc_reward.app.get_trial_balance import get_trial_balance
from svc_reward.app.list_balances import list_balances
from svc_reward.app.list_entries import list_entries
from svc_reward.app.open_accounts import open_accounts
from svc_reward.app.reverse_transfer import reverse_transfer
from svc_reward.app.transfer_queue import TransferQueue
from svc_reward.app.verify_ledger import verify_ledger

Context = grpc.aio.ServicerContext[Any, Any]


class LedgerServicer(ledger_pb2_grpc.LedgerServiceServicer):
    """Serves carillon.reward.v1.LedgerService."""

    def __init__(
        self, database: Database, commands: Commands, queue: TransferQueue, clock: Clock, *, zone: tzinfo
    ) -> None:
        self._database = database
        self._zone = zone
        self._commands = commands
        self._queue = queue
        self._clock = clock

    async def OpenAccounts(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.OpenAccountsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> ledger_pb2.OpenAccountsResponse:
        """Opens accounts. Errors: ROLE_MISSING, CURRENCY_UNKNOWN, OWNER_INVALID, IDEMPOTENCY_CONFLICT."""
        require_service_or(*BOOKING_ROLES)
        names = [parse_account(account) for account in request.accounts]

        async def operation(unit: UnitOfWork) -> ledger_pb2.OpenAccountsResponse:
            return ledger_pb2.OpenAccountsResponse(opened=await open_accounts(unit, names, clock=self._clock))

        return await self._commands.run(request, ledger_pb2.OpenAccountsResponse, operation)

    async def PostTransfers(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.PostTransfersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> ledger_pb2.PostTransfersResponse:
        """Books transfers, each with an outcome of its own. Errors: ROLE_MISSING, LEDGER_BUSY."""
        require_service_or(*BOOKING_ROLES)
        batch = parse_batch(request.transfers, now=self._clock.now(), zone=self._zone)
        return render_outcomes(await self._queue.post(batch))

    async def ListBalances(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.ListBalancesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> ledger_pb2.ListBalancesResponse:
        """Shows what one owner holds or held (RWD-24). Errors: ROLE_MISSING, AS_OF_INVALID."""
        require_service_or(*READER_ROLES)
        async with self._database.read() as unit:
            balances, as_of = await list_balances(
                unit, kind=KINDS[request.kind], owner=request.owner, as_of=parse_as_of(request), clock=self._clock
            )
            return render_balances(balances, as_of=as_of)

    async def ListEntries(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.ListEntriesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> ledger_pb2.ListEntriesResponse:
        """Shows one owner's statement, newest first (RWD-24). Errors: ROLE_MISSING, PAGE_TOKEN_INVALID."""
        require_service_or(*READER_ROLES)
        async with self._database.read() as unit:
            lines, token = await list_entries(
                unit,
                kind=KINDS[request.kind],
                owner=request.owner,
                page_size=request.page_size,
                page_token=request.page_token,
            )
            return render_lines(lines, token)

    async def ReverseTransfer(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.ReverseTransferRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> ledger_pb2.ReverseTransferResponse:
        """Undoes a transfer once. Errors: ROLE_MISSING, TRANSFER_UNKNOWN, TRANSFER_REVERSED, REVERSAL_FINAL."""
        require_service_or(*BOOKING_ROLES)

        async def operation(unit: UnitOfWork) -> ledger_pb2.ReverseTransferResponse:
            outcome = await reverse_transfer(
                unit, transfer_id=request.transfer_id, reason=request.reason, clock=self._clock
            )
            return ledger_pb2.ReverseTransferResponse(transfer_id=outcome.transfer_id, number=outcome.number)

        return await self._commands.run(request, ledger_pb2.ReverseTransferResponse, operation)

    async def GetTrialBalance(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.GetTrialBalanceRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- the same
    ) -> ledger_pb2.GetTrialBalanceResponse:
        """Shows whether the whole ledger sums to zero. Errors: ROLE_MISSING."""
        require_service_or(*AUDIT_ROLES)
        async with self._database.read() as unit:
            return render_trial_balance(await get_trial_balance(unit))

    async def VerifyLedger(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.VerifyLedgerRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- the same
    ) -> AsyncIterator[ledger_pb2.VerifyLedgerResponse]:
        """Proves the whole ledger, page by page. Errors: ROLE_MISSING."""
        require_service_or(*AUDIT_ROLES)
        async with self._database.read() as unit:
            async for proof in verify_ledger(unit):
                yield render_proof(proof)

    async def ExportLedger(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.ExportLedgerRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- the same
    ) -> AsyncIterator[ledger_pb2.ExportLedgerResponse]:
        """Gives the sealed ledger out as a file. Errors: ROLE_MISSING."""
        require_service_or(*AUDIT_ROLES)
        async with self._database.read() as unit:
            async for piece in export_ledger(unit):
                yield ledger_pb2.ExportLedgerResponse(piece=piece)
