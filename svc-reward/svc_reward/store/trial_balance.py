"""Sums the whole ledger by currency; it reads every entry, so it must not stand in the way of a booking."""

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import AccountKind
from svc_reward.domain.balance import CurrencyTotal, TrialBalance

# One statement is one snapshot: a booking in between can't show as a difference.
TOTALS = """
WITH summed AS (
    SELECT account, sum(amount) AS amount FROM entry GROUP BY account
), counted AS (
    SELECT (SELECT count(*) FROM transfer) AS transfers, (SELECT count(*) FROM entry) AS entries
)
SELECT account.currency,
       coalesce(sum(summed.amount), 0)::bigint AS total,
       coalesce(-sum(balance.amount) FILTER (WHERE account.kind = $1), 0)::bigint AS issued,
       coalesce(sum(balance.amount) FILTER (WHERE account.kind = $2), 0)::bigint AS held_by_campaigns,
       coalesce(sum(balance.amount) FILTER (WHERE account.kind = $3), 0)::bigint AS held_by_subscribers,
       counted.transfers,
       counted.entries
FROM counted
CROSS JOIN account
JOIN balance ON balance.account = account.number
LEFT JOIN summed ON summed.account = account.number
GROUP BY account.currency, counted.transfers, counted.entries
ORDER BY account.currency
"""


async def read_trial_balance(unit: UnitOfWork) -> TrialBalance:
    """Every currency that has an account."""
    rows = await unit.driver.fetch(
        TOTALS, str(AccountKind.ISSUANCE), str(AccountKind.CAMPAIGN_BUDGET), str(AccountKind.SUBSCRIBER)
    )
    totals = tuple(
        CurrencyTotal(
            currency=row["currency"],
            total=row["total"],
            issued=row["issued"],
            held_by_campaigns=row["held_by_campaigns"],
            held_by_subscribers=row["held_by_subscribers"],
        )
        for row in rows
    )
    return TrialBalance(
        totals=totals,
        transfers=rows[0]["transfers"] if rows else 0,
        entries=rows[0]["entries"] if rows else 0,
    )
