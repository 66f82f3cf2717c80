"""How a booked transfer is undone: by a new one in the other direction; it must not take anything out of the history."""

from carillon_chassis.errors import StateRefused
from svc_reward.domain.transfer import Leg, Transfer

REVERSAL_PREFIX = "reverse:"


def reverse(transfer: Transfer, *, number: int, reason: str) -> Transfer:
    """The transfer ``reverse:<id>`` with every leg the other way round, so that it can be booked once for ever.

    ``number`` is that of the transfer in the ledger.

    Raises StateRefused REVERSAL_FINAL for a reversal, and InvalidInput TRANSFER_INVALID for an id that is too long.
    """
    if transfer.transfer_id.startswith(REVERSAL_PREFIX):
        raise StateRefused(
            reason="REVERSAL_FINAL",
            field="transfer_id",
            detail="a reversal stays; book what is right as a transfer of its own",
        )
    return Transfer(
        transfer_id=f"{REVERSAL_PREFIX}{transfer.transfer_id}",
        legs=tuple(Leg(account=leg.account, amount=-leg.amount) for leg in transfer.legs),
        reason=reason,
        undoes=number,
    )
