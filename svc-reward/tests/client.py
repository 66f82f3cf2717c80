"""The ledger as another service calls it, and short ways to say accounts and transfers."""

from dataclasses import dataclass
from datetime import datetime

from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_chassis.client import invoke
from carillon_chassis.identity import Identity, acting_as

SEEDS = "seeds"
SERVICE = Identity(subject="service:test")

ISSUANCE = ledger_pb2.AccountName(kind=ledger_pb2.ACCOUNT_KIND_ISSUANCE, owner="operator", currency=SEEDS)


def budget(campaign_id: str, currency: str = SEEDS) -> ledger_pb2.AccountName:
    return ledger_pb2.AccountName(kind=ledger_pb2.ACCOUNT_KIND_CAMPAIGN_BUDGET, owner=campaign_id, currency=currency)


def subscriber(subscriber_id: int, currency: str = SEEDS) -> ledger_pb2.AccountName:
    return ledger_pb2.AccountName(kind=ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, owner=str(subscriber_id), currency=currency)


def transfer(transfer_id: str, *legs: tuple[ledger_pb2.AccountName, int], reason: str = "test") -> ledger_pb2.Transfer:
    return ledger_pb2.Transfer(
        transfer_id=transfer_id,
        legs=[ledger_pb2.Leg(account=account, amount=amount) for account, amount in legs],
        reason=reason,
    )


@dataclass(frozen=True, slots=True)
class Client:
    """The ledger as another service calls it."""

    stub: "ledger_pb2_grpc.LedgerServiceStub"

    async def open(self, *accounts: ledger_pb2.AccountName, request_id: str = "open") -> int:
        request = ledger_pb2.OpenAccountsRequest(request_id=request_id, accounts=accounts)
        with acting_as(SERVICE):
            return (await invoke(self.stub.OpenAccounts, request, timeout_seconds=30)).opened

    async def post(self, *transfers: ledger_pb2.Transfer) -> list[ledger_pb2.TransferOutcome]:
        request = ledger_pb2.PostTransfersRequest(transfers=transfers)
        with acting_as(SERVICE):
            return list((await invoke(self.stub.PostTransfers, request, timeout_seconds=60)).outcomes)

    async def reverse(self, transfer_id: str, *, request_id: str = "reverse", reason: str = "a mistake") -> str:
        request = ledger_pb2.ReverseTransferRequest(request_id=request_id, transfer_id=transfer_id, reason=reason)
        with acting_as(SERVICE):
            return (await invoke(self.stub.ReverseTransfer, request, timeout_seconds=30)).transfer_id

    async def balance(self, account: ledger_pb2.AccountName, *, as_of: datetime | None = None) -> int:
        request = ledger_pb2.ListBalancesRequest(kind=account.kind, owner=account.owner)
        if as_of is not None:
            request.as_of.FromDatetime(as_of)
        with acting_as(SERVICE):
            balances = (await invoke(self.stub.ListBalances, request, timeout_seconds=30)).balances
        return {balance.currency: balance.amount for balance in balances}[account.currency]

    async def entries(
        self, account: ledger_pb2.AccountName, *, page_size: int = 0, page_token: str = ""
    ) -> ledger_pb2.ListEntriesResponse:
        request = ledger_pb2.ListEntriesRequest(
            kind=account.kind, owner=account.owner, page_size=page_size, page_token=page_token
        )
        with acting_as(SERVICE):
            return await invoke(self.stub.ListEntries, request, timeout_seconds=30)

    async def trial_balance(self) -> ledger_pb2.GetTrialBalanceResponse:
        with acting_as(SERVICE):
            return await invoke(self.stub.GetTrialBalance, ledger_pb2.GetTrialBalanceRequest(), timeout_seconds=30)
