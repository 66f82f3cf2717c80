"""Opens accounts, locks and reads where they stand; it must not decide anything."""

from collections.abc import Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import KIND_RULES, AccountKind, AccountName
from svc_reward.domain.balance import Balance
from svc_reward.domain.posting import Standing

# Sorted, so that two callers who open the same accounts wait for each other and never in a ring.
OPEN = """
WITH opened AS (
    INSERT INTO account (kind, owner, currency, opened_at)
    SELECT kind, owner, currency, $5
    FROM unnest($1::text[], $2::text[], $3::text[]) AS wanted (kind, owner, currency)
    ORDER BY kind, owner, currency
    ON CONFLICT (kind, owner, currency) DO NOTHING
    RETURNING number, kind
)
INSERT INTO balance (account, minimum, amount, entries, as_of, held, funded, told, lots)
SELECT opened.number, limits.minimum, 0, 0, $5, 0, 0, 0, 0
FROM opened JOIN unnest($4::text[], $6::bigint[]) AS limits (kind, minimum) USING (kind)
"""

# Every caller locks in the order of the accounts' numbers, so opposite transfers queue up instead of deadlocking.
# FOR NO KEY UPDATE leaves the references to the row alone.
LOCK = """
SELECT wanted.position, balance.account, balance.amount, balance.entries, balance.as_of, balance.held, balance.funded,
       balance.told, balance.lots
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (kind, owner, currency, position)
JOIN account USING (kind, owner, currency)
JOIN balance ON balance.account = account.number
ORDER BY balance.account
FOR NO KEY UPDATE OF balance
"""

LIST = """
SELECT account.currency, balance.amount, balance.held
FROM account JOIN balance ON balance.account = account.number
WHERE account.kind = $1 AND account.owner = $2
ORDER BY account.currency
"""


async def open_accounts(unit: UnitOfWork, names: Sequence[AccountName], *, now: datetime) -> int:
    """Opens those that do not stand, at zero; answers how many those were."""
    status = await unit.driver.execute(
        OPEN,
        *_columns(names),
        [str(kind) for kind in KIND_RULES],
        now,
        [rule.minimum for rule in KIND_RULES.values()],
    )
    return int(status.rsplit(" ", 1)[1])


async def lock_standings(unit: UnitOfWork, names: Sequence[AccountName]) -> dict[AccountName, Standing]:
    """Where the accounts stand, held until the transaction ends; an account that is not open is left out."""
    rows = await unit.driver.fetch(LOCK, *_columns(names))
    return {
        names[position - 1]: Standing(
            account=account,
            balance=amount,
            entries=entries,
            as_of=as_of,
            held=held,
            funded=funded,
            told=told,
            lots=lots,
        )
        for position, account, amount, entries, as_of, held, funded, told, lots in rows
    }


async def list_balances(unit: UnitOfWork, *, kind: AccountKind, owner: str) -> list[Balance]:
    """Balances of one owner, by currency."""
    rows = await unit.driver.fetch(LIST, str(kind), owner)
    return [Balance(currency=row["currency"], amount=row["amount"], held=row["held"]) for row in rows]


def _columns(names: Sequence[AccountName]) -> tuple[list[str], list[str], list[str]]:
    return [str(name.kind) for name in names], [name.owner for name in names], [name.currency for name in names]
