"""Which days a count of sales takes in: the operator's own, whole months and the days around them (CHN-30)."""

from datetime import UTC, date, datetime

import pytest

from carillon_chassis.errors import InvalidInput
from svc_catalog.domain.sales import SalesQuestion

from .catalogue import Catalogue


async def test_days_are_the_operators_own_and_narrow_what_is_counted(catalogue: Catalogue) -> None:
    await catalogue.place()
    async with catalogue.database.unit_of_work() as unit:
        # Half past midnight of 2 March in Shanghai is still 1 March in UTC.
        await unit.driver.execute("UPDATE service_order SET placed_at = '2026-03-01T16:30:00Z'")
    for _ in ("fresh", "rolled up"):
        assert await catalogue.count_sales() == []
        assert await catalogue.count_sales(first_day="2026-03-01", last_day="2026-03-01") == []
        assert len(await catalogue.count_sales(first_day="2026-03-02", last_day="2026-03-02")) == 1
        await catalogue.settle()


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2026-03-02", "2026-03-01", "last_day"),
        ("2025-01-01", "2026-03-01", "last_day"),
        ("2026-02-30", "2026-03-01", "first_day"),
    ],
)
async def test_days_that_are_none_or_too_many_are_refused(
    catalogue: Catalogue, first: str, last: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await catalogue.count_sales(first_day=first, last_day=last)
    assert (refusal.value.reason, refusal.value.field) == ("DAYS_INVALID", field)


@pytest.mark.parametrize(
    ("first", "last", "begin", "end"),
    [
        ("2026-03-01", "2026-03-31", "2026-03-01", "2026-04-01"),
        ("2026-02-02", "2026-04-29", "2026-03-01", "2026-04-01"),
        ("2025-12-15", "2026-12-14", "2026-01-01", "2026-12-01"),
        ("2025-12-01", "2025-12-31", "2025-12-01", "2026-01-01"),
        ("2026-03-02", "2026-03-31", "2026-03-02", "2026-03-02"),
        ("2026-03-02", "2026-04-29", "2026-03-02", "2026-03-02"),
        ("2026-03-01", "2026-03-30", "2026-03-01", "2026-03-01"),
    ],
)
def test_whole_months_are_told_from_the_days_around_them(first: str, last: str, begin: str, end: str) -> None:
    question = SalesQuestion(first=date.fromisoformat(first), last=date.fromisoformat(last))
    assert question.whole_months == (date.fromisoformat(begin), date.fromisoformat(end))


async def test_months_and_days_together_count_every_day_of_a_stretch_once(catalogue: Catalogue) -> None:
    for _ in range(6):
        await catalogue.place(subscriber_id=1)
    moments = ["2025-12-31", "2026-01-01", "2026-01-31", "2026-02-15", "2026-03-01", "2026-03-02"]
    async with catalogue.database.unit_of_work() as unit:
        await unit.driver.execute(
            "UPDATE service_order AS o SET placed_at = m.day + interval '5 hours'"
            " FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM service_order) AS p"
            " JOIN unnest($1::timestamptz[]) WITH ORDINALITY AS m (day, place) USING (place) WHERE o.id = p.id",
            [datetime.fromisoformat(f"{moment}T00:00:00Z") for moment in moments],
        )
    for _ in ("fresh", "rolled up"):
        for first, last, ordered in (
            ("2025-12-31", "2026-03-02", 6),
            ("2026-01-01", "2026-03-01", 4),
            ("2026-01-02", "2026-02-15", 2),
            ("2026-01-01", "2026-02-14", 2),
            ("2026-02-15", "2026-02-15", 1),
        ):
            counted = await catalogue.count_sales(first_day=first, last_day=last)
            assert sum(row[3] for row in counted) == ordered, (first, last)
        await catalogue.settle()


def test_a_question_begins_and_ends_at_midnight_in_the_operators_zone() -> None:
    question = SalesQuestion(first=date(2026, 3, 1), last=date(2026, 3, 2))
    assert question.since == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert question.until == datetime(2026, 3, 2, 16, tzinfo=UTC)
