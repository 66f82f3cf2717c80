"""Hours of a day as a rule of the match library says them."""

from datetime import time

import asyncpg
import pytest

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.daily_hours import DailyHours, read_hours, write_hours

from .match_desk import MatchDesk


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        ("09:00-21:00", time(9), time(21)),
        ("00:00-23:59", time(0), time(23, 59)),
        # Over midnight, as quiet hours are, and until midnight itself.
        ("20:30-00:30", time(20, 30), time(0, 30)),
        ("18:00-00:00", time(18), time(0)),
    ],
)
def test_hours_are_read_and_written_alike(text: str, starts: time, ends: time) -> None:
    assert read_hours(text) == DailyHours(starts=starts, ends=ends)
    assert write_hours(read_hours(text)) == text


def test_no_hours_are_the_whole_day() -> None:
    assert read_hours("") is None
    assert write_hours(None) == ""


@pytest.mark.parametrize(
    "text",
    [
        "9:00-21:00",
        "09:00",
        "09:00-24:00",
        "09:60-21:00",
        "09:00\u201321:00",
        "09:00-21:00 ",
        "\u0660\u0669:00-21:00",
        "21:00-21:00",
    ],
)
def test_what_is_no_hours_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_hours(text)
    assert (refusal.value.reason, refusal.value.field) == ("MATCH_HOURS", "hours")


@pytest.mark.parametrize("text", ["9:00-21:00", "09:00-24:00", "21:00-21:00"])
async def test_the_table_of_rules_refuses_the_same(desk: MatchDesk, text: str) -> None:
    async with desk.segmentation.database.unit_of_work() as unit:
        await unit.driver.execute("INSERT INTO match_service VALUES ('CRBT', '', '', 'p', now())")
        insert = """
            INSERT INTO match_rule (id, code, service, layer, principle, extract, priority, channels, brands, brand_order,
                monthly_volume, score, hours, created_by, created_at)
            VALUES (gen_random_uuid(), 'R1', 'CRBT', 1, '', 'true', 1, '{SMS}', '{}', '{}', 0, '', $1, 'p', now())
        """
        with pytest.raises(asyncpg.CheckViolationError):
            async with unit.driver.transaction():
                await unit.driver.execute(insert, text)
        await unit.driver.execute(insert, "20:00-00:30")
