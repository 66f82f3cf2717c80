"""Finds how much accounts grew within a period, a page of accounts at a time; it must not decide what that is worth."""

from dataclasses import dataclass

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.grant_period import Span
from svc_reward.domain.growth import MOMENT, Growth

BEGIN = "INSERT INTO growth_run (rule, began_at, account, finished) VALUES ($1, $2, 0, false) ON CONFLICT DO NOTHING"
# The row lock keeps two replicas from going through the same accounts.
LOCK = "SELECT account FROM growth_run WHERE rule = $1 AND began_at = $2 AND NOT finished FOR UPDATE"
KEEP = "UPDATE growth_run SET account = $3, finished = $4 WHERE rule = $1 AND began_at = $2"
# Earned is what came in; a reversal takes it away again, and what a reversed payment gives back was not earned. What
# the rule itself has given does not count, or points would grow by being rewarded for growing.
PAGE = """
SELECT account.number, account.owner, grown.amount FROM (
    SELECT number, owner FROM account
    WHERE kind = 'subscriber' AND currency = $1 AND number > $2 ORDER BY number LIMIT $3
) AS account
CROSS JOIN LATERAL (
    SELECT coalesce(sum(entry.amount) FILTER (
        WHERE (entry.amount > 0) <> starts_with(transfer.id, 'reverse:') AND NOT EXISTS (
            SELECT FROM reward_grant WHERE reward_grant.rule = $4 AND reward_grant.owner_kind = 'subscriber'
                AND reward_grant.owner = account.owner
                AND reward_grant.reference IN (transfer.id, substr(transfer.id, length('reverse:') + 1)))), 0)::bigint
        AS amount
    FROM entry JOIN transfer ON transfer.number = entry.transfer
    WHERE entry.account = account.number AND entry.sequence > entries_as_of(account.number, $5)
        AND entry.sequence <= entries_as_of(account.number, $6)
) AS grown
ORDER BY account.number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A subscriber's account and what it earned within the period."""

    account: int
    subscriber_id: int
    amount: int


async def lock_growth_run(unit: UnitOfWork, rule: int, span: Span) -> int | None:
    """The account after which the run goes on, 0 at first; None when it is finished."""
    await unit.driver.execute(BEGIN, rule, span.start)
    account: int | None = await unit.driver.fetchval(LOCK, rule, span.start)
    return account


async def keep_growth_run(unit: UnitOfWork, rule: int, span: Span, *, account: int, finished: bool) -> None:
    """How far it came; its row must be locked."""
    await unit.driver.execute(KEEP, rule, span.start, account, finished)


async def page_growth(
    unit: UnitOfWork, growth: Growth, span: Span, *, rule: int, after: int, limit: int
) -> list[Grown]:
    """The next accounts of the currency, whether they grew or not."""
    before, last = span.start - MOMENT, span.end - MOMENT
    rows = await unit.driver.fetch(PAGE, growth.currency, after, limit, rule, before, last)
    return [Grown(account=row["number"], subscriber_id=int(row["owner"]), amount=row["amount"]) for row in rows]
