"""What begins while a slow line works off a backlog holds for what it has not written yet: hours of peace, end to end."""

from datetime import UTC, datetime, timedelta

import pytest

from carillon_chassis.testing.plugin import Serving
from svc_channel.domain.quiet_hours import ZONE, QuietHours
from svc_channel.main import build
from svc_channel.store.quiet_hours import put_quiet_hours
from svc_channel.worker import second_look

from .house import Client, House, new_campaign, request, until

MESSAGES = 200
RATE = 20


async def test_a_slow_line_keeps_what_it_holds_for_the_morning_when_hours_of_peace_begin(
    house: House, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks before every message here; how long it rests between two looks is in the unit tests."""
    monkeypatch.setattr(second_look, "LOOK_SECONDS", 0)
    await house.smsc.start()
    async with serving(build(house.settings(rate_limit_per_second=RATE))) as channel:
        client, campaign = Client(channel), new_campaign()
        await client.submit(request(campaign, [(one, "Hello") for one in range(1, MESSAGES + 1)]))

        async def has_begun() -> bool:
            return len(house.smsc.accepted()) > 0

        await until(has_begun)
        now = datetime.now(ZONE).replace(second=0, microsecond=0)
        night = QuietHours(
            message_class="marketing",
            starts=(now - timedelta(minutes=1)).time(),
            ends=(now + timedelta(hours=2)).time(),
        )
        async with house.database.unit_of_work() as unit:
            await put_quiet_hours(unit, night, by="test", now=datetime.now(UTC))

        async def all_rest() -> bool:
            [row] = await house.fetch(
                "SELECT count(*) FILTER (WHERE due_at = $1) AS resting, count(*) FILTER (WHERE state = 'delivered') AS"
                " gone, max(attempts) FILTER (WHERE due_at = $1) AS attempts FROM message",
                now + timedelta(hours=2),
            )
            return bool(row["resting"] + row["gone"] == MESSAGES and row["attempts"] == 0)

        await until(all_rest)
        progress = await client.progress(campaign)
    assert len(house.smsc.accepted()) == progress.delivered < MESSAGES
