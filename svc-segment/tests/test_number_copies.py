"""Millions of numbers go in and out of PostgreSQL as arrays, whole, however they are cut and whoever joins meanwhile."""

import uuid

import numpy as np
import pytest

import svc_segment.migrations
from carillon_chassis.database import Database
from carillon_chassis.testing.plugin import MakeDatabase
from svc_segment.store import granting, integer_copy, number_book
from svc_segment.store.granting import grant_ordinals
from svc_segment.store.integer_copy import read_ids, write_integers
from svc_segment.store.number_book import read_number_book

NUMBERS = np.arange(8613800000001, 8613800000012, dtype=np.int64)
IDS = np.arange(1, len(NUMBERS) + 1, dtype=np.uint32)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    """A dictionary of eleven numbers, written in pieces of three."""
    database = await make_database(svc_segment.migrations.__path__[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(integer_copy, "PIECE_ROWS", 3)
        async with database.unit_of_work() as unit:
            await write_integers(unit, "number", ["subscriber_id", "msisdn"], [IDS, NUMBERS])
    return database


async def test_what_was_written_in_pieces_is_read_whole(database: Database) -> None:
    async with database.read() as unit:
        assert (await read_number_book(unit)).tolist() == [0, *NUMBERS.tolist()]
        some = await read_ids(unit, "SELECT subscriber_id FROM number WHERE subscriber_id > $1 ORDER BY 1", 8)
        none = await read_ids(unit, "SELECT subscriber_id FROM number WHERE subscriber_id > $1", 11)
    assert some.tolist() == [9, 10, 11]
    assert some.dtype == np.uint32
    assert none.tolist() == []


async def test_whoever_joins_while_the_book_is_read_is_not_in_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(number_book, "HIGHEST", "SELECT 9")
    async with database.read() as unit:
        assert (await read_number_book(unit)).tolist() == [0, *NUMBERS[:9].tolist()]


async def test_granting_keeps_its_own_time_after_finding_many(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(granting, "FEW_NUMBERS", 0)
    async with database.unit_of_work() as unit:
        granted = await grant_ordinals(
            unit, np.array([8613900000001, 8613800000003]), ending=np.empty(0, np.int64), snapshot_id=uuid.UUID(int=1)
        )
        assert await unit.driver.fetchval("SHOW statement_timeout") == "15min"
    assert granted.tolist() == [12, 3]
