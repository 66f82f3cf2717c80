"""The gRPC face of the ledger: parses, calls a use case, renders; it must not decide anything."""

from typing import Any

import grpc

from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from svc_reward.api.messages import (
    KINDS,
    parse_account,
    parse_batch,
    render_balances,
    render_outcomes,
    render_trial_balance,
)
from svc_reward.app.get_trial_balance import get_trial_balance
from svc_reward.app.list_balances import list_balances
from svc_reward.app.open_accounts import open_accounts
from svc_reward.app.transfer_queue import TransferQueue

Context = grpc.aio.ServicerContext[Any, Any]


class LedgerServicer(ledger_pb2_grpc.LedgerServiceServicer):
    """Serves carillon.reward.v1.LedgerService."""

    def __init__(self, database: Database, commands: Commands, queue: TransferQueue, clock: Clock) -> None:
        self._database = database
        self._commands = commands
        self._queue = queue
        self._clock = clock

    async def OpenAccounts(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.OpenAccountsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> ledger_pb2.OpenAccountsResponse:
        """Opens accounts. Errors: CURRENCY_UNKNOWN, OWNER_INVALID, IDEMPOTENCY_CONFLICT."""
        names = [parse_account(account) for account in request.accounts]

        async def operation(unit: UnitOfWork) -> ledger_pb2.OpenAccountsResponse:
            return ledger_pb2.OpenAccountsResponse(opened=await open_accounts(unit, names, clock=self._clock))

        return await self._commands.run(request, ledger_pb2.OpenAccountsResponse, operation)

    async def PostTransfers(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.PostTransfersRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> ledger_pb2.PostTransfersResponse:
        """Books transfers, each with an outcome of its own. Errors: LEDGER_BUSY."""
        return render_outcomes(await self._queue.post(parse_batch(request.transfers)))

    async def ListBalances(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.ListBalancesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> ledger_pb2.ListBalancesResponse:
        """Shows what one owner holds (RWD-24)."""
        async with self._database.read() as unit:
            balances = await list_balances(unit, kind=KINDS[request.kind], owner=request.owner)
            return render_balances(balances, as_of=self._clock.now())

    async def GetTrialBalance(  # noqa: N802 -- the name is the protocol's
        self,
        request: ledger_pb2.GetTrialBalanceRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- the same
    ) -> ledger_pb2.GetTrialBalanceResponse:
        """Shows whether the whole ledger sums to zero."""
        async with self._database.read() as unit:
            return render_trial_balance(await get_trial_balance(unit))
