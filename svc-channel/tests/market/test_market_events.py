"""Events of an app store read from whatever somebody posts; must not need a store or a database."""

import json
import random
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.market.events import MarketEvent, read_event
from svc_channel.domain.message import PartState

DOCUMENTS = 10_000
MEMORY_LIMIT = 20 * 1024 * 1024
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SAID = {"version": 1, "msisdn": "+8613800138000", "at": "2026-11-21T20:00:00+08:00"}
DEED = json.dumps({**SAID, "type": "app_download", "attributes": {"app": "音乐", "page": "home"}}).encode()
END = json.dumps({**SAID, "type": "job_ended", "job": "market-1", "state": "shown"}).encode()
# What JSON is made of, so that some of the changed documents are still JSON.
SIGNS = b'{}[]":,0123456789.-+eE truefalsn\\u'


def test_a_deed_and_the_end_of_a_job_are_read() -> None:
    person: dict[str, Any] = {"msisdn": "+8613800138000", "at": NOON}
    assert read_event(DEED) == MarketEvent(type="app_download", attributes={"app": "音乐", "page": "home"}, **person)
    assert read_event(END) == MarketEvent(type="job_ended", job="market-1", state=PartState.DELIVERED, **person)


def test_ten_thousand_random_and_cut_events_neither_crash_nor_fill_the_memory() -> None:
    chance = random.Random(20261122)
    outcomes: Counter[str] = Counter()
    tracemalloc.start()
    try:
        for turn in range(DOCUMENTS):
            try:
                read_event(_document(turn, chance))
                outcomes["read"] += 1
            except InvalidInput as refused:
                outcomes[refused.reason] += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Not only what is no JSON is refused: each field had its turn, and some documents were still sound.
    assert outcomes.keys() >= {
        "read", "MARKET_EVENT", "MARKET_TYPE", "MARKET_NUMBER", "MARKET_MOMENT", "MARKET_ATTRIBUTES", "MARKET_JOB",
    }  # fmt: skip
    assert peak < MEMORY_LIMIT


def _document(turn: int, chance: random.Random) -> bytes:
    """By turns random octets, a sound document cut off, one with signs changed, one with a value of another kind."""
    sound = chance.choice((DEED, END))
    if turn % 4 == 0:
        return chance.randbytes(chance.randrange(400))
    if turn % 4 == 1:
        return sound[: chance.randrange(len(sound))]
    if turn % 4 == 2:
        octets = bytearray(sound)
        for _ in range(1 + chance.randrange(3)):
            octets[chance.randrange(len(octets))] = chance.choice(SIGNS)
        return bytes(octets)
    said = json.loads(sound)
    said[chance.choice(list(said))] = chance.choice([None, True, 1e308, -1, "", "\0", "x" * 500, [[]], {"a": {}}])
    return json.dumps(said).encode()
