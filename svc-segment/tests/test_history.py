"""The past as the store reads it: months, files and what is in no file yet, seen in one state."""

from datetime import UTC, date, datetime
from pathlib import Path

import svc_segment.migrations
from carillon_chassis.testing.plugin import MakeDatabase
from svc_segment.domain.event import Event
from svc_segment.store.events import insert_events
from svc_segment.store.folders import DataFolder
from svc_segment.store.history import EVENT_SCHEMA, read_history, read_measures

NOW = datetime(2011, 3, 31, 8, tzinfo=UTC)
SNAPSHOT = "0190b3a0-0000-7000-8000-000000000001"


async def test_months_files_and_fresh_events_are_read_in_one_state(make_database: MakeDatabase, tmp_path: Path) -> None:
    database = await make_database(svc_segment.migrations.__path__[0])
    folder = DataFolder(tmp_path)
    async with database.unit_of_work() as unit:
        await unit.driver.execute(
            "INSERT INTO snapshot (id, state, kind, month, as_of, file_name, sha256, dictionary, received_at) "
            "VALUES ($1, 'loaded', 'usage', '2011-02-01', '2011-03-01', 'usage.csv', repeat('a', 64), '[]', $2)",
            SNAPSHOT,
            NOW,
        )
        await unit.driver.execute(
            "INSERT INTO usage_month VALUES ('2011-02-01', 1, '2011-02-1.parquet', 7, $1, true, '2011-03-01')", SNAPSHOT
        )
        # Nobody knows what the rest of a partial month will bring, so no window may count it.
        await unit.driver.execute(
            "INSERT INTO usage_month VALUES ('2011-03-01', 1, '2011-03-1.parquet', 7, $1, false, '2011-03-20')",
            SNAPSHOT,
        )
        await unit.driver.execute(
            "INSERT INTO event_file (file, day, rows) VALUES ('2011-03-30-1.parquet', $1, 3)", NOW
        )
        await unit.driver.execute("INSERT INTO number (subscriber_id, msisdn) VALUES (1, 8613800000001), (2, 86138)")
        await unit.driver.execute(
            "INSERT INTO measure (name, type, unit, description) VALUES ('calls', 'integer', '', '')"
        )
        events = [
            Event(subscriber_id=1, type="page_visit", at=NOW, attributes={"page": "首页"}),
            Event(subscriber_id=2, type="recharge", at=NOW, attributes={}),
        ]
        await insert_events(unit, events)
    async with database.read() as unit:
        history = await read_history(unit, folder, as_of=NOW)
        of_type = await read_history(unit, folder, as_of=NOW, types=["recharge"])
        of_one = (await read_history(unit, folder, as_of=NOW, subscriber_ids=[1])).recent
        measures = await read_measures(unit)
    assert history.usage == {date(2011, 2, 1): tmp_path / "usage" / "2011-02-1.parquet"}
    assert history.events == (tmp_path / "events" / "2011-03-30-1.parquet",)
    assert history.recent.schema == EVENT_SCHEMA
    assert history.recent.to_pylist() == [
        {"subscriber_id": 1, "type": "page_visit", "at": NOW, "attributes": [("page", "首页")]},
        {"subscriber_id": 2, "type": "recharge", "at": NOW, "attributes": []},
    ]
    assert of_type.recent["type"].to_pylist() == ["recharge"]
    assert of_one.num_rows == 1
    assert list(measures) == ["calls"]
