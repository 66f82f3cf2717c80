"""The transfers that commissions come to in the ledger; it must not know lines, only who is due what.

Locked: the operator's expense pays the affiliate. Taken back: the affiliate owes it (receivable). Settled: what was
earned less what is owed becomes payable. Paid: it leaves as money. All of it in commission_fen.
"""

from svc_reward.domain.account import OPERATOR, AccountKind, AccountName
from svc_reward.domain.affiliate import EARNING_ACCOUNTS, AffiliateKind
from svc_reward.domain.transfer import Leg, Transfer, move

CURRENCY = "commission_fen"
EXPENSE = AccountName(kind=AccountKind.EXPENSE, owner=OPERATOR, currency=CURRENCY)


def earning_account(affiliate_id: str, kind: AffiliateKind) -> AccountName:
    """Where what is locked stands."""
    return AccountName(kind=EARNING_ACCOUNTS[kind], owner=affiliate_id, currency=CURRENCY)


def account_of(kind: AccountKind, affiliate_id: str) -> AccountName:
    """An affiliate's payable, receivable or paid account."""
    return AccountName(kind=kind, owner=affiliate_id, currency=CURRENCY)


def book_locked(run: int, affiliate_id: str, kind: AffiliateKind, amount_fen: int) -> Transfer:
    """What a lock run has locked for one affiliate."""
    return move(
        f"lock:{run}:{affiliate_id}",
        source=EXPENSE,
        target=earning_account(affiliate_id, kind),
        amount=amount_fen,
        reason="commission locked",
    )


def book_deducted(line: int, affiliate_id: str, amount_fen: int) -> Transfer:
    """What a refund takes back of a locked line; the same line is taken back once for ever."""
    return move(
        f"deduct:{line}",
        source=account_of(AccountKind.RECEIVABLE, affiliate_id),
        target=EXPENSE,
        amount=amount_fen,
        reason="commission taken back",
    )


def book_settled(
    settlement_id: str, affiliate_id: str, kind: AffiliateKind, *, gross_fen: int, deducted_fen: int
) -> Transfer:
    """What an approved run owes one affiliate: all that it earned, less what it owes back."""
    legs = [
        Leg(account=earning_account(affiliate_id, kind), amount=-gross_fen),
        Leg(account=account_of(AccountKind.PAYABLE, affiliate_id), amount=gross_fen - deducted_fen),
    ]
    if deducted_fen:
        legs.append(Leg(account=account_of(AccountKind.RECEIVABLE, affiliate_id), amount=deducted_fen))
    return Transfer(transfer_id=f"settle:{settlement_id}:{affiliate_id}", legs=tuple(legs), reason="commission settled")


def book_paid(settlement_id: str, affiliate_id: str, net_fen: int) -> Transfer:
    """What the bank has paid one affiliate."""
    return move(
        f"pay:{settlement_id}:{affiliate_id}",
        source=account_of(AccountKind.PAYABLE, affiliate_id),
        target=account_of(AccountKind.PAID, affiliate_id),
        amount=net_fen,
        reason="commission paid",
    )
