"""What a bought ticket costs and what a void draw gives back, as transfers; it must not know who can pay."""

from svc_reward.domain.account import redeemed_account, subscriber_account
from svc_reward.domain.draw_entrant import Entry
from svc_reward.domain.draw_rule import Points
from svc_reward.domain.transfer import Transfer, move


def ticket_payment(draw_id: str, entry: Entry, price: Points) -> Transfer:
    """Subscriber to redeemed, ``draw:<draw>:ticket:<subscriber>:<source key>``: a ticket is paid once (RWD-05)."""
    return move(
        f"draw:{draw_id}:ticket:{entry.subscriber_id}:{entry.source_key}",
        source=subscriber_account(entry.subscriber_id, price.currency),
        target=redeemed_account(price.currency),
        amount=price.amount,
        reason="draw ticket",
    )


def ticket_refund(draw_id: str, entry: Entry, price: Points) -> Transfer:
    """The payment the other way, under an id of its own: nobody pays for a draw that nobody wins."""
    return move(
        f"draw:{draw_id}:refund:{entry.subscriber_id}:{entry.source_key}",
        source=redeemed_account(price.currency),
        target=subscriber_account(entry.subscriber_id, price.currency),
        amount=price.amount,
        reason="draw was void",
    )
