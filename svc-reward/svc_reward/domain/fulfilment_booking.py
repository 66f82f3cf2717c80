"""The transfers of a recharge in phone credit (RWD-02); it must not know whether the accounts can bear them.

What is about to be paid is taken first, so that the booking of a payment can't fail after the payment was made:
ordered, expense or subscriber -> payable; paid, payable -> paid; refused, payable -> back to where it came from.
"""

from svc_reward.domain.account import OPERATOR, AccountKind, AccountName, subscriber_account
from svc_reward.domain.fulfilment import Fulfilment, Funding
from svc_reward.domain.transfer import Transfer, move

CURRENCY = "phone_credit_fen"
# Whom the operator pays: the system that recharges phones.
RECHARGE = "phone-recharge"
PAYABLE = AccountName(kind=AccountKind.PAYABLE, owner=RECHARGE, currency=CURRENCY)
PAID = AccountName(kind=AccountKind.PAID, owner=RECHARGE, currency=CURRENCY)
EXPENSE = AccountName(kind=AccountKind.EXPENSE, owner=OPERATOR, currency=CURRENCY)


def book_ordered(item: Fulfilment) -> Transfer:
    """Takes what is to be paid, once for each time that the item was reported."""
    return move(
        f"owe:{item.id}:{item.attempt}",
        source=_source(item),
        target=PAYABLE,
        amount=item.amount_fen,
        reason="phone credit ordered",
    )


def book_paid(item: Fulfilment) -> Transfer:
    """What the recharge has paid, ``fulfil:<id>``: an item is paid once for ever, however often it was reported."""
    return move(
        f"fulfil:{item.id}", source=PAYABLE, target=PAID, amount=item.amount_fen, reason="phone credit recharged"
    )


def book_refused(item: Fulfilment) -> Transfer:
    """Gives back what the recharge has refused to pay."""
    return move(
        f"unowe:{item.id}:{item.attempt}",
        source=PAYABLE,
        target=_source(item),
        amount=item.amount_fen,
        reason="phone credit refused",
    )


def _source(item: Fulfilment) -> AccountName:
    if item.funding is Funding.SUBSCRIBER:
        return subscriber_account(item.subscriber_id, CURRENCY)
    return EXPENSE
