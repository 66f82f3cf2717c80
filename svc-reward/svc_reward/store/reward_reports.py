"""Keeps reward reports, what they granted and how far they are; it must not decide what is owed."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.fulfilment import FulfilmentKind, FulfilmentState
from svc_reward.domain.report_progress import CityFile, Progress
from svc_reward.domain.reward_report import GrantTotal, ReportLine, ReportScope, ReportState, RewardReport

# Two reports gather one after the other: what the first took is not there for the second.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('reward_report', 0))"
COLUMNS = "id, scope, state, items, file_sha256, issued_by, issued_at"
INSERT = """
INSERT INTO reward_report (id, campaign, stage, scope, state, items, file_sha256, issued_by, issued_at)
VALUES ($1, $2, $3, $4, 'placing', $5, '', $6, $7)
"""
FIND = f"SELECT {COLUMNS} FROM reward_report WHERE id = $1"  # noqa: S608 -- the columns are above
LOCK = f"{FIND} FOR NO KEY UPDATE"
FIND_STAGE = f"SELECT {COLUMNS} FROM reward_report WHERE campaign = $1 AND stage = $2"  # noqa: S608 -- the same
LIST = f"SELECT {COLUMNS} FROM reward_report WHERE campaign = $1 ORDER BY issued_at, id LIMIT $2"  # noqa: S608 -- the same
COUNT = "SELECT count(*) FROM reward_report WHERE campaign = $1"
# From the entry behind the last report's to the account's newest. Funding comes from issuance, so everything else on
# the budget is what was granted, less what was given back.
ADD_GRANTS = """
INSERT INTO reward_report_grant (report, currency, first_entry, last_entry, transfers, amount)
SELECT $1, account.currency, covered.first_entry, covered.last_entry, counted.transfers, counted.amount
FROM account
CROSS JOIN LATERAL (
    SELECT balance.entries AS last_entry, 1 + coalesce((
        SELECT max(earlier.last_entry) FROM reward_report_grant AS earlier
        JOIN reward_report ON reward_report.id = earlier.report
        WHERE reward_report.campaign = $2 AND earlier.currency = account.currency), 0) AS first_entry
    FROM balance WHERE balance.account = account.number
) AS covered
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE entry.amount < 0) AS transfers, coalesce(-sum(entry.amount), 0)::bigint AS amount
    FROM entry
    WHERE entry.account = account.number AND entry.sequence BETWEEN covered.first_entry AND covered.last_entry
      AND NOT EXISTS (
          SELECT FROM entry AS other JOIN account AS giver ON giver.number = other.account
          WHERE other.transfer = entry.transfer AND giver.kind = 'issuance')
) AS counted
WHERE account.kind = 'campaign_budget' AND account.owner = $2
"""
GRANTS = """
SELECT report, currency, first_entry AS first, last_entry AS last, transfers, amount FROM reward_report_grant
WHERE report = ANY($1::uuid[]) ORDER BY currency
"""
CLOSE = "UPDATE reward_report SET state = 'issued', file_sha256 = $2 WHERE id = $1"
ADD_CITIES = """
INSERT INTO reward_report_city (report, city, items, file_sha256)
SELECT $1, city, items, file_sha256 FROM unnest($2::text[], $3::bigint[], $4::text[]) AS new (city, items, file_sha256)
"""
CITIES = """
SELECT report, city, items, file_sha256 FROM reward_report_city
WHERE report = ANY($1::uuid[]) AND ($2::text IS NULL OR city = $2) ORDER BY city COLLATE "C"
"""
LINES = """
SELECT issued_city AS city, source, kind, prize, name, quantity, amount_fen, subscriber_id FROM fulfilment
WHERE report = $1 AND ($2::text IS NULL OR issued_city = $2)
"""
PROGRESS = """
SELECT report, city, prize, name, kind, state, count(*) AS items, sum(quantity)::bigint AS quantity,
       sum(amount_fen)::bigint AS amount_fen
FROM fulfilment WHERE report = ANY($1::uuid[]) AND ($2::text IS NULL OR city = $2)
GROUP BY report, city, prize, name, kind, state
ORDER BY city COLLATE "C" NULLS LAST, prize COLLATE "C", name COLLATE "C", kind, state
"""
UNPLACED = "SELECT EXISTS (SELECT FROM fulfilment WHERE report = $1 AND city IS NULL)"


async def lock_reporting(unit: UnitOfWork) -> None:
    """Holds all other reports back until the transaction ends."""
    await unit.driver.execute(ONE_AT_A_TIME)


async def insert_report(unit: UnitOfWork, report: RewardReport) -> None:
    """Keeps a new report."""
    await unit.driver.execute(
        INSERT,
        report.id,
        report.scope.campaign,
        report.scope.stage,
        _write_scope(report.scope),
        report.items,
        report.issued_by,
        report.issued_at,
    )


async def add_grants(unit: UnitOfWork, report: RewardReport) -> None:
    """Keeps what its campaign's budget granted since the report before."""
    await unit.driver.execute(ADD_GRANTS, report.id, report.scope.campaign)


async def close_report(unit: UnitOfWork, report_id: UUID, *, file_sha256: str, cities: Sequence[CityFile]) -> None:
    """Writes the hashes of its files; from then on it stays as it is."""
    await unit.driver.execute(
        ADD_CITIES,
        report_id,
        [one.city for one in cities],
        [one.items for one in cities],
        [one.file_sha256 for one in cities],
    )
    await unit.driver.execute(CLOSE, report_id, file_sha256)


async def find_report(unit: UnitOfWork, report_id: UUID, *, for_change: bool = False) -> RewardReport | None:
    """The report of that id, with ``for_change`` held until the transaction ends."""
    rows = await unit.driver.fetch(LOCK if for_change else FIND, report_id)
    return next(iter(await _reports(unit, rows)), None)


async def find_stage(unit: UnitOfWork, *, campaign: str, stage: str) -> RewardReport | None:
    """A campaign's report of that stage."""
    rows = await unit.driver.fetch(FIND_STAGE, campaign, stage)
    return next(iter(await _reports(unit, rows)), None)


async def list_reports(unit: UnitOfWork, *, campaign: str, limit: int) -> list[RewardReport]:
    """A campaign's reports in the order in which they were issued."""
    return await _reports(unit, await unit.driver.fetch(LIST, campaign, limit))


async def count_reports(unit: UnitOfWork, campaign: str) -> int:
    """How many a campaign has."""
    return int(await unit.driver.fetchval(COUNT, campaign))


async def list_lines(unit: UnitOfWork, report_id: UUID, *, city: str | None) -> list[ReportLine]:
    """The file's lines, of one city or of all; every item must have its city."""
    rows = await unit.driver.fetch(LINES, report_id, city)
    return [ReportLine(**(dict(row) | {"kind": FulfilmentKind(row["kind"])})) for row in rows]


async def list_cities(
    unit: UnitOfWork, report_ids: Sequence[UUID], *, city: str | None
) -> dict[UUID, tuple[CityFile, ...]]:
    """The cities' parts of issued reports, of one city or of all."""
    found = await _of_reports(unit, CITIES, report_ids, city)
    return {report_id: tuple(CityFile(**row) for row in rows) for report_id, rows in found.items()}


async def list_progress(
    unit: UnitOfWork, report_ids: Sequence[UUID], *, city: str | None
) -> dict[UUID, tuple[Progress, ...]]:
    """Items of each report by city, prize and state, of one city or of all."""
    found = await _of_reports(unit, PROGRESS, report_ids, city)
    return {
        report_id: tuple(
            Progress(**(row | {"kind": FulfilmentKind(row["kind"]), "state": FulfilmentState(row["state"])}))
            for row in rows
        )
        for report_id, rows in found.items()
    }


async def has_unplaced(unit: UnitOfWork, report_id: UUID) -> bool:
    """Whether the city of any item is still open."""
    return bool(await unit.driver.fetchval(UNPLACED, report_id))


async def _of_reports(
    unit: UnitOfWork, statement: str, report_ids: Sequence[UUID], *arguments: object
) -> dict[UUID, list[dict[str, Any]]]:
    """The rows of each report, in the statement's order."""
    found: dict[UUID, list[dict[str, Any]]] = {report_id: [] for report_id in report_ids}
    for record in await unit.driver.fetch(statement, list(report_ids), *arguments):
        row = dict(record)
        found[UUID(str(row.pop("report")))].append(row)
    return found


async def _reports(unit: UnitOfWork, rows: Sequence[asyncpg.Record]) -> list[RewardReport]:
    ids = [UUID(str(row["id"])) for row in rows]
    grants = await _of_reports(unit, GRANTS, ids) if ids else {}
    return [_report(row, grants[report_id]) for report_id, row in zip(ids, rows, strict=True)]


def _report(row: asyncpg.Record, grants: Sequence[dict[str, Any]]) -> RewardReport:
    return RewardReport(
        id=UUID(str(row["id"])),
        scope=_read_scope(row["scope"]),
        state=ReportState(row["state"]),
        items=row["items"],
        issued_by=row["issued_by"],
        issued_at=row["issued_at"],
        file_sha256=row["file_sha256"],
        grants=tuple(GrantTotal(**grant) for grant in grants),
    )


def _write_scope(scope: ReportScope) -> str:
    return json.dumps(
        {
            "campaign": scope.campaign,
            "stage": scope.stage,
            "prizes": sorted(scope.prizes),
            "sales": sorted(str(sale) for sale in scope.sales),
            "credits": dict(scope.credits),
            "mailing": scope.mailing,
        },
        sort_keys=True,
    )


def _read_scope(text: str) -> ReportScope:
    read = json.loads(text)
    return ReportScope(
        campaign=read["campaign"],
        stage=read["stage"],
        prizes=frozenset(read["prizes"]),
        sales=frozenset(UUID(sale) for sale in read["sales"]),
        credits=read["credits"],
        mailing=read.get("mailing", ""),
    )
