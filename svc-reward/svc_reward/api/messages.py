"""Turns protobuf into the ledger's values and back, one function each way; it must not decide anything."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from types import MappingProxyType

from google.protobuf.timestamp_pb2 import Timestamp

from carillon.reward.v1 import ledger_pb2
from carillon_chassis.errors import DomainError
from svc_reward.app.verify_ledger import Proof
from svc_reward.domain.account import AccountKind, AccountName
from svc_reward.domain.account_line import AccountLine
from svc_reward.domain.balance import Balance, TrialBalance
from svc_reward.domain.own_ids import require_foreign
from svc_reward.domain.posting import Outcome, refused
from svc_reward.domain.transfer import Leg, Transfer
from svc_reward.domain.validity import Validity

_PREFIX = "ACCOUNT_KIND_"
# The protocol's names are ours in capitals; the kind that nobody named is refused at the border.
KINDS: Mapping[int, AccountKind] = MappingProxyType(
    {
        number: AccountKind(name.removeprefix(_PREFIX).lower())
        for name, number in ledger_pb2.AccountKind.items()
        if number != ledger_pb2.ACCOUNT_KIND_UNSPECIFIED
    }
)
# The accounts of a crowd come again and again; a name is checked and put together once. Some 20 MB when full.
KEPT_NAMES = 65_536
KIND_NUMBERS: Mapping[AccountKind, int] = MappingProxyType({kind: number for number, kind in KINDS.items()})


def parse_account(message: ledger_pb2.AccountName) -> AccountName:
    """Raises InvalidInput CURRENCY_UNKNOWN or OWNER_INVALID."""
    return _name_account(message.kind, message.owner, message.currency)


@lru_cache(maxsize=KEPT_NAMES)
def _name_account(kind: int, owner: str, currency: str) -> AccountName:
    return AccountName(kind=KINDS[kind], owner=owner, currency=currency)


def parse_batch(messages: Sequence[ledger_pb2.Transfer], *, now: datetime, zone: tzinfo) -> list[Transfer | Outcome]:
    """Each transfer, its points good from ``now`` on by the days of ``zone``, or the outcome of one that can't be: one bad transfer does not spoil the others."""
    batch: list[Transfer | Outcome] = []
    for message in messages:
        try:
            batch.append(_parse_transfer(message, now, zone))
        except DomainError as error:
            batch.append(refused(message.transfer_id, error))
    return batch


def _parse_transfer(message: ledger_pb2.Transfer, now: datetime, zone: tzinfo) -> Transfer:
    require_foreign(message.transfer_id, field="transfer_id")
    return Transfer(
        transfer_id=message.transfer_id,
        legs=tuple(Leg(account=parse_account(leg.account), amount=leg.amount) for leg in message.legs),
        reason=message.reason,
        expires_at=Validity(rule=message.validity).ends(now, zone) if message.validity else None,
    )


def render_outcomes(outcomes: Sequence[Outcome]) -> ledger_pb2.PostTransfersResponse:
    """The answer to a batch."""
    return ledger_pb2.PostTransfersResponse(
        outcomes=[
            ledger_pb2.TransferOutcome(
                transfer_id=outcome.transfer_id, outcome=outcome.result, number=outcome.number, detail=outcome.detail
            )
            for outcome in outcomes
        ]
    )


def render_balances(balances: Sequence[Balance], *, as_of: datetime) -> ledger_pb2.ListBalancesResponse:
    """The balances of one owner as they are at ``as_of``."""
    moment = _render_time(as_of)
    return ledger_pb2.ListBalancesResponse(
        balances=[
            ledger_pb2.Balance(currency=balance.currency, amount=balance.amount, as_of=moment, held=balance.held)
            for balance in balances
        ]
    )


def parse_as_of(request: ledger_pb2.ListBalancesRequest) -> datetime | None:
    """The moment asked for; None is now."""
    return request.as_of.ToDatetime(tzinfo=UTC) if request.HasField("as_of") else None


def render_lines(lines: Sequence[AccountLine], next_page_token: str) -> ledger_pb2.ListEntriesResponse:
    """A page of a statement."""
    return ledger_pb2.ListEntriesResponse(
        entries=[
            ledger_pb2.Entry(
                transfer_id=line.transfer_id,
                currency=line.currency,
                amount=line.amount,
                balance_after=line.balance_after,
                reason=line.reason,
                booked_at=_render_time(line.booked_at),
            )
            for line in lines
        ],
        next_page_token=next_page_token,
    )


def render_proof(proof: Proof) -> ledger_pb2.VerifyLedgerResponse:
    """How far a proof has come, and what it found."""
    fault = None
    if proof.fault is not None:
        fault = ledger_pb2.LedgerFault(
            transfer=proof.fault.transfer, leg=proof.fault.leg, account=proof.fault.account, detail=proof.fault.detail
        )
    return ledger_pb2.VerifyLedgerResponse(
        transfers=proof.transfers,
        entries=proof.entries,
        unsealed=proof.unsealed,
        link=proof.link.hex(),
        finished=proof.finished,
        fault=fault,
    )


def render_trial_balance(trial_balance: TrialBalance) -> ledger_pb2.GetTrialBalanceResponse:
    """The trial balance."""
    return ledger_pb2.GetTrialBalanceResponse(
        totals=[
            ledger_pb2.CurrencyTotal(
                currency=total.currency,
                sum=total.total,
                issued=total.issued,
                held_by_campaigns=total.held_by_campaigns,
                held_by_subscribers=total.held_by_subscribers,
            )
            for total in trial_balance.totals
        ],
        transfers=trial_balance.transfers,
        entries=trial_balance.entries,
    )


def _render_time(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message
