"""Makes what subscribers did in the last month: visits, tones, recharges, uplinks, concerts; where they were is elsewhere."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from carillon_deploy.population.blocks import BLOCK_ROWS
from carillon_deploy.population.columns import chosen
from carillon_deploy.population.people import People

# Days that the events are spread over, the day of the data included.
EVENT_DAYS = 30
SECONDS_A_DAY = 86_400
TYPES = {
    "page_visit": 0.39, "tone_auditioned": 0.23, "tone_downloaded": 0.16, "recharge": 0.11, "sms_uplink": 0.09,
    "concert": 0.02,
}  # fmt: skip
"""What happens how often; configuration."""
PAGES = ("首页", "铃音榜", "资费", "营业厅", "帮助")
TONES = 5_000
UPLINKS = ("12520", "12530", "10086", "12580")
# The printed events with what they reached, which weighs them here too (SEG-37).
CONCERTS = {
    "张学友“好久不见”2008巡回演唱会": 24_918,
    "蔡琴演唱会": 6_341,
    "欧洲经典管乐协奏曲专场音乐会": 1_775,
    "周廷甲周望周展古筝音乐会": 1_497,
}


def event_tables(people: People, *, as_of: date, mean: float) -> Iterator[pa.Table]:
    """The events of a block in pieces of a block's rows: msisdn, type, at, then attributes, null where a type has none."""
    counts = people.block.draws("events.count").poisson(mean, BLOCK_ROWS)[: people.block.rows]
    who = np.repeat(np.arange(people.block.rows), counts)
    numbers = people.written_numbers
    draws = people.block.draws("events")
    for start in range(0, max(len(who), 1), BLOCK_ROWS):
        yield _events(who[start : start + BLOCK_ROWS], draws, numbers, as_of)


def _events(who: NDArray[np.int64], draws: np.random.Generator, numbers: pa.Array, as_of: date) -> pa.Table:
    rows = len(who)
    kind = np.searchsorted(np.cumsum(list(TYPES.values()))[:-1], draws.random(rows), side="right")

    def of(name: str, values: pa.Array) -> pa.Array:
        """Null for every other type."""
        return compute.if_else(pa.array(kind == list(TYPES).index(name)), values, None)

    amount = pa.array((draws.integers(1, 21, rows) * 500).astype(np.int64))
    tones = chosen([f"tone-{number:04d}" for number in range(TONES)], (draws.random(rows) ** 3 * TONES).astype(int))
    concerts = np.cumsum(list(CONCERTS.values())) / sum(CONCERTS.values())
    is_tone = pa.array(np.isin(kind, [list(TYPES).index(name) for name in ("tone_auditioned", "tone_downloaded")]))
    return pa.table(
        {
            "msisdn": numbers.take(pa.array(who)),
            "type": chosen(list(TYPES), kind),
            "at": moments(draws, rows, as_of),
            "page": of("page_visit", chosen(PAGES, draws.integers(0, len(PAGES), rows))),
            "tone": compute.if_else(is_tone, tones, None),
            "amount_fen": of("recharge", amount),
            "to": of("sms_uplink", chosen(UPLINKS, draws.integers(0, len(UPLINKS), rows))),
            "event": of("concert", chosen(list(CONCERTS), np.searchsorted(concerts[:-1], draws.random(rows)))),
        }
    )


def moments(draws: np.random.Generator, rows: int, as_of: date) -> pa.Array:
    """Seconds of the last thirty days, the day of the data included."""
    end = np.datetime64(as_of, "s") + SECONDS_A_DAY
    drawn = end - 1 - draws.integers(0, EVENT_DAYS * SECONDS_A_DAY, rows)
    return pa.array(drawn.astype("datetime64[us]"), pa.timestamp("us", "UTC"))
