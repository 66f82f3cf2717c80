"""What SubmitMessages takes, takes once, refuses, and books as failed; nothing is sent here."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from carillon_chassis.errors import Conflict, InvalidInput, Unavailable
from carillon_chassis.testing.plugin import Serving
from svc_channel.domain.forbidden_words import ForbiddenWord
from svc_channel.main import build
from svc_channel.store.forbidden_words import put_forbidden_word

from .house import Client, House, arrow, ipc, new_campaign, request
from .segment import number_of

ROWS = [(1, "Hello"), (2, "你好"), (3, "x" * 161)]


async def test_a_batch_is_durable_with_numbers_and_part_counts(house: House, quiet_client: Client) -> None:
    campaign = new_campaign()
    [taken] = await quiet_client.submit(request(campaign, ROWS))
    assert (taken.batch, taken.accepted, taken.replayed) == (1, 3, False)
    rows = await house.fetch("SELECT subscriber_id, msisdn, text, parts, state::text FROM message ORDER BY id")
    assert [(row["subscriber_id"], row["text"]) for row in rows] == ROWS
    assert [row["msisdn"] for row in rows] == [number_of(1), number_of(2), number_of(3)]
    assert [row["parts"] for row in rows] == [1, 1, 2]
    assert {row["state"] for row in rows} == {"queued"}


async def test_the_same_batch_again_changes_nothing(house: House, quiet_client: Client) -> None:
    campaign = new_campaign()
    await quiet_client.submit(request(campaign, ROWS))
    calls = house.segment.calls
    chunked = pa.table(
        {"subscriber_id": pa.chunked_array([[1], [2, 3]], pa.uint32()), "text": [row[1] for row in ROWS]}
    )
    first, second = await quiet_client.submit(request(campaign, ROWS), request(campaign, arrow_ipc=ipc(chunked)))
    assert (first.accepted, first.replayed) == (second.accepted, second.replayed) == (3, True)
    assert house.segment.calls == calls
    assert (await quiet_client.progress(campaign)).queued == 3


async def test_the_same_batch_twice_at_once_is_booked_once(quiet_client: Client) -> None:
    campaign = new_campaign()
    answers = await asyncio.gather(*[quiet_client.submit(request(campaign, ROWS)) for _ in range(5)])
    assert sorted(answer.replayed for [answer] in answers) == [False, True, True, True, True]
    assert (await quiet_client.progress(campaign)).queued == 3


@pytest.mark.parametrize("other", [{"sender": "10010"}, {"arrow_ipc": arrow([(1, "Hello"), (2, "你好")])}])
async def test_the_same_number_with_other_content_conflicts(quiet_client: Client, other: dict[str, Any]) -> None:
    campaign = new_campaign()
    await quiet_client.submit(request(campaign, ROWS))
    with pytest.raises(Conflict) as refused:
        await quiet_client.submit(request(campaign, ROWS, **other))
    assert (refused.value.reason, refused.value.field) == ("BATCH_CONFLICT", "batch")
    assert (await quiet_client.progress(campaign)).queued == 3


async def test_rows_that_cannot_be_sent_are_booked_as_failed_and_told(house: House, quiet_client: Client) -> None:
    house.segment.numberless = {2}
    campaign = new_campaign()
    rows = [(1, "Hello"), (2, "Hello"), (3, ""), (4, "字" * 537), (5, "a\0b"), (6, "字" * 536)]
    [taken] = await quiet_client.submit(request(campaign, rows))
    assert taken.accepted == 6
    progress = await quiet_client.progress(campaign)
    assert (progress.queued, progress.failed, progress.receipts) == (2, 4, 0)
    reasons = {2: "NO_NUMBER", 3: "TEXT_EMPTY", 4: "TEXT_TOO_LONG", 5: "TEXT_UNSENDABLE"}
    assert await house.ended(campaign) == ([], reasons)


async def test_rows_with_a_forbidden_word_are_booked_as_failed_and_told(house: House, quiet_client: Client) -> None:
    async with house.database.unit_of_work() as unit:
        word = ForbiddenWord(word="best", reason="no superlatives")
        await put_forbidden_word(unit, word, by="x", now=datetime(2026, 11, 22, tzinfo=UTC))
    campaign = new_campaign()
    await quiet_client.submit(request(campaign, [(1, "The best"), (2, "The rest"), (3, "The ＢＥＳＴ!")]))  # noqa: RUF001 -- full-width letters are the point
    assert await house.ended(campaign) == ([], {1: "FORBIDDEN_WORD", 3: "FORBIDDEN_WORD"})
    rows = await house.fetch("SELECT text, parts FROM message WHERE state = 'failed'")
    assert {(row["text"], row["parts"]) for row in rows} <= {("", 0), ("", 1)}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"no arrow at all", "BATCH_UNREADABLE"),
        (arrow(ROWS)[:-200], "BATCH_UNREADABLE"),
        (ipc(pa.table({"subscriber_id": pa.array([1], pa.int64()), "text": ["a"]})), "BATCH_COLUMNS"),
        (ipc(pa.table({"subscriber_id": pa.array([1], pa.uint32())})), "BATCH_COLUMNS"),
        (
            ipc(pa.table({"subscriber_id": pa.array([1], pa.uint32()), "text": pa.array([None], pa.string())})),
            "BATCH_NULLS",
        ),
        (arrow([]), "BATCH_EMPTY"),
        (arrow([(0, "Hello")]), "SUBSCRIBER_ID_ZERO"),
        (arrow([(one, "") for one in range(1, 5002)]), "BATCH_TOO_LARGE"),
    ],
)
async def test_a_batch_that_is_none_is_refused_whole(quiet_client: Client, body: bytes, reason: str) -> None:
    campaign = new_campaign()
    with pytest.raises(InvalidInput) as refused:
        await quiet_client.submit(request(campaign, arrow_ipc=body))
    assert (refused.value.reason, refused.value.field) == (reason, "arrow_ipc")
    assert (await quiet_client.progress(campaign)).queued == 0


@pytest.mark.parametrize(
    ("field", "value"), [("campaign_id", "x"), ("batch", 0), ("sender", "Carillon"), ("arrow_ipc", b"")]
)
async def test_a_malformed_request_never_reaches_the_service(quiet_client: Client, field: str, value: Any) -> None:
    malformed = request(new_campaign(), ROWS)
    setattr(malformed, field, value)
    with pytest.raises(InvalidInput) as refused:
        await quiet_client.submit(malformed)
    assert (refused.value.reason, refused.value.field) == ("SHAPE", field)


async def test_nothing_is_booked_while_the_numbers_are_away(house: House, serving: Serving) -> None:
    service = build(house.settings(segment_address=f"unix:{house.folder}/nobody.sock"))
    async with serving(service, with_workers=False) as channel:
        client = Client(channel)
        with pytest.raises(Unavailable):
            await client.submit(request(new_campaign(), ROWS))
    assert await house.fetch("SELECT 1 FROM batch") == []


async def test_batches_before_a_refused_one_stand(quiet_client: Client) -> None:
    campaign = new_campaign()
    with pytest.raises(InvalidInput):
        await quiet_client.submit(request(campaign, ROWS), request(campaign, batch=2, arrow_ipc=b"x"))
    assert (await quiet_client.progress(campaign)).queued == 3
