"""Opens accounts, locks and reads where they stand; it must not decide anything."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.account import KIND_RULES, AccountKind, AccountName
from svc_reward.domain.balance import Balance
from svc_reward.domain.posting import Standing
from svc_reward.store.columns import numbers, texts

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

# The accounts of one kind and currency are one walk along the index, however many there are.
FIND = """
SELECT account.kind || '/' || account.owner || '/' || account.currency AS text, account.number
FROM (SELECT kind, currency, array_agg(owner) AS owners
      FROM unnest(string_to_array($1, E'\\n'), string_to_array($2, E'\\n'), string_to_array($3, E'\\n'))
          AS name (kind, owner, currency)
      GROUP BY kind, currency) AS wanted
CROSS JOIN LATERAL (
    SELECT * FROM account
    WHERE account.kind = wanted.kind AND account.currency = wanted.currency AND account.owner = ANY(wanted.owners)
    OFFSET 0
) AS account
"""

# Every caller locks in the order of the accounts' numbers, so opposite transfers queue up instead of deadlocking.
# FOR NO KEY UPDATE leaves the references to the row alone.
LOCK = """
SELECT account, amount, entries, as_of, held, funded, told, lots
FROM balance
WHERE account = ANY($1::text::bigint[])
ORDER BY account
FOR NO KEY UPDATE
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


async def find_numbers(unit: UnitOfWork, names: Sequence[AccountName]) -> dict[int, AccountName]:
    """The accounts by their numbers, which never change; one that is not open is left out."""
    by_text = {name.text: name for name in names}
    rows = await unit.driver.fetch(FIND, *(texts(column) for column in _columns(names)))
    return {number: by_text[text] for text, number in rows}


async def lock_standings(unit: UnitOfWork, names: Sequence[AccountName]) -> dict[AccountName, Standing]:
    """Where the accounts stand, held until the transaction ends; an account that is not open is left out."""
    return await lock_numbers(unit, await find_numbers(unit, names))


async def lock_numbers(unit: UnitOfWork, found: Mapping[int, AccountName]) -> dict[AccountName, Standing]:
    """Where the accounts stand, held until the transaction ends."""
    rows = await unit.driver.fetch(LOCK, numbers(list(found)))
    return {found[row[0]]: Standing(*row) for row in rows}


async def list_balances(unit: UnitOfWork, *, kind: AccountKind, owner: str) -> list[Balance]:
    """Balances of one owner, by currency."""
    rows = await unit.driver.fetch(LIST, str(kind), owner)
    return [Balance(currency=row["currency"], amount=row["amount"], held=row["held"]) for row in rows]


def _columns(names: Sequence[AccountName]) -> tuple[list[str], list[str], list[str]]:
    return [str(name.kind) for name in names], [name.owner for name in names], [name.currency for name in names]
