"""Reads statements and compares them with the ledger; it must not change anything."""

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.commission_line import LineState
from svc_reward.domain.commission_matrix import CommissionKind
from svc_reward.domain.commission_statement import (
    CommissionEntry,
    CommissionProof,
    CommissionStatement,
    CommissionTotal,
    LedgerPosition,
)

# A line is payable and paid as the run that it is in: approving a million lines is one row's change.
STATE = """
CASE WHEN settlement.state = 'approved' THEN 'payable' WHEN settlement.state = 'paid' THEN 'paid'
     ELSE commission_line.state END
"""
LINES = "commission_line LEFT JOIN settlement ON settlement.id = commission_line.settlement"
# Each walks an index from key to key; one statement for both would scan every line.
MONTHS_OF_AFFILIATE = """
SELECT DISTINCT affiliate_id, month FROM commission_line
WHERE affiliate_id = $1 AND ($2 = '' OR month = $2) AND month > $3 ORDER BY month LIMIT $4
"""
AFFILIATES_OF_MONTH = """
SELECT affiliate.id AS affiliate_id, $1::text AS month
FROM affiliate CROSS JOIN LATERAL (
    SELECT FROM commission_line WHERE commission_line.affiliate_id = affiliate.id AND month = $1 LIMIT 1) AS found
WHERE affiliate.id > $2 ORDER BY affiliate.id LIMIT $3
"""
# Lateral for the same reason: a page is two hundred look-ups, whatever the planner thinks of the whole table.
TOTALS = f"""
SELECT page.affiliate_id, page.month, totals.* FROM unnest($1::text[], $2::text[]) AS page (affiliate_id, month)
CROSS JOIN LATERAL (
    SELECT kind, {STATE} AS state, count(*) AS lines, sum(amount_fen)::bigint AS amount_fen FROM {LINES}
    WHERE commission_line.affiliate_id = page.affiliate_id AND commission_line.month = page.month
    GROUP BY 1, 2) AS totals
ORDER BY page.affiliate_id, page.month, totals.kind, totals.state
"""  # noqa: S608 -- the parts stand above
MONTH_LINES = f"""
SELECT commission_line.number, commission_event.id AS event_id, commission_line.kind, commission_line.service,
       {STATE} AS state, commission_line.amount_fen, use_months, policy, due_at, locks_at,
       coalesce(commission_line.settlement::text, '') AS settlement_id
FROM {LINES} JOIN commission_event ON commission_event.number = commission_line.event
WHERE commission_line.affiliate_id = $1 AND month = $2 AND commission_line.number > $3
ORDER BY commission_line.number LIMIT $4
"""  # noqa: S608 -- the parts stand above
BALANCES = """
SELECT account.kind, balance.amount FROM account JOIN balance ON balance.account = account.number
WHERE account.owner = $1 AND account.currency = 'commission_fen'
  AND account.kind IN ('affiliate', 'outlet', 'partner', 'receivable', 'payable', 'paid')
"""
# One statement is one snapshot: a booking in between can't show as a difference.
PROOF = f"""
WITH shown AS (
    SELECT commission_line.affiliate_id AS owner, count(*) AS lines,
           coalesce(sum(amount_fen) FILTER (WHERE {STATE} = 'locked'), 0) AS locked,
           coalesce(sum(amount_fen) FILTER (WHERE {STATE} = 'payable'), 0) AS payable,
           coalesce(sum(amount_fen) FILTER (WHERE {STATE} = 'paid'), 0) AS paid
    FROM {LINES} GROUP BY commission_line.affiliate_id
), booked AS (
    SELECT account.owner,
           coalesce(sum(balance.amount) FILTER (WHERE account.kind NOT IN ('payable', 'paid')), 0) AS locked,
           coalesce(sum(balance.amount) FILTER (WHERE account.kind = 'payable'), 0) AS payable,
           coalesce(sum(balance.amount) FILTER (WHERE account.kind = 'paid'), 0) AS paid
    FROM account JOIN balance ON balance.account = account.number
    WHERE account.currency = 'commission_fen'
      AND account.kind IN ('affiliate', 'outlet', 'partner', 'receivable', 'payable', 'paid')
    GROUP BY account.owner
), compared AS (
    SELECT owner, coalesce(shown.lines, 0) AS lines,
           (coalesce(shown.locked, 0), coalesce(shown.payable, 0), coalesce(shown.paid, 0))
           IS DISTINCT FROM
           (coalesce(booked.locked, 0), coalesce(booked.payable, 0), coalesce(booked.paid, 0)) AS differs
    FROM shown FULL JOIN booked USING (owner)
)
SELECT count(*) AS affiliates, coalesce(sum(lines), 0)::bigint AS lines,
       coalesce((array_agg(owner ORDER BY owner) FILTER (WHERE differs))[1:100], '{{}}') AS differing
FROM compared
"""  # noqa: S608 -- the parts stand above


async def list_statements(
    unit: UnitOfWork, *, affiliate_id: str, month: str, after: tuple[str, str], limit: int
) -> list[CommissionStatement]:
    """Totals of one affiliate by month, or of one month by affiliate, after a key of both."""
    if affiliate_id:
        page = await unit.driver.fetch(MONTHS_OF_AFFILIATE, affiliate_id, month, after[1], limit)
    else:
        page = await unit.driver.fetch(AFFILIATES_OF_MONTH, month, after[0], limit)
    keys = [(row["affiliate_id"], row["month"]) for row in page]
    totals: dict[tuple[str, str], list[CommissionTotal]] = {key: [] for key in keys}
    rows = await unit.driver.fetch(TOTALS, [key[0] for key in keys], [key[1] for key in keys])
    for row in rows:
        totals[row["affiliate_id"], row["month"]].append(_to_total(row))
    return [CommissionStatement(affiliate_id=key[0], month=key[1], totals=tuple(totals[key])) for key in keys]


async def list_month_lines(
    unit: UnitOfWork, *, affiliate_id: str, month: str, after: int, limit: int
) -> list[CommissionEntry]:
    """The lines of one affiliate's month in the order of their numbers."""
    rows = await unit.driver.fetch(MONTH_LINES, affiliate_id, month, after, limit)
    return [
        CommissionEntry(
            **(dict(row) | {"kind": CommissionKind(row["kind"]), "state": LineState(row["state"])}),
        )
        for row in rows
    ]


async def read_position(unit: UnitOfWork, affiliate_id: str) -> LedgerPosition:
    """What the ledger holds for the affiliate; an account that is not open holds nothing."""
    balances = {row["kind"]: row["amount"] for row in await unit.driver.fetch(BALANCES, affiliate_id)}
    return LedgerPosition(
        earned_fen=sum(balances.get(kind, 0) for kind in ("affiliate", "outlet", "partner")),
        owed_fen=-balances.get("receivable", 0),
        payable_fen=balances.get("payable", 0),
        paid_fen=balances.get("paid", 0),
    )


async def prove_statements(unit: UnitOfWork) -> CommissionProof:
    """All lines against all balances."""
    [row] = await unit.driver.fetch(PROOF)
    return CommissionProof(affiliates=row["affiliates"], lines=row["lines"], differing=tuple(row["differing"]))


def _to_total(row: asyncpg.Record) -> CommissionTotal:
    return CommissionTotal(
        kind=CommissionKind(row["kind"]),
        state=LineState(row["state"]),
        lines=row["lines"],
        amount_fen=row["amount_fen"],
    )
