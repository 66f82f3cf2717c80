"""Masks of windows over usage: by arrays that were written at the load, by the file, and for people in other orders."""

import random
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from svc_segment.domain.rules.closure import compile_closure
from svc_segment.domain.rules.history import History
from svc_segment.domain.rules.reader import read_rule
from svc_segment.domain.rules.tree import Leaf
from svc_segment.store import condition_masks
from svc_segment.store.condition_masks import WORD_BITS, to_flags
from svc_segment.store.folders import DataFolder
from svc_segment.store.usage_masks import UsageMasks, usage_window

from .rule_pasts import SCOPE
from .rule_texts import DICTIONARY
from .test_event_masks import rows_of

MONTHS = [date(2011, 1, 1), date(2011, 2, 1), date(2011, 3, 1)]
CONDITIONS = [
    "sum_usage(arpu, 3) >= 0.3",
    "avg_usage(arpu, 2) < 0.25",
    "min_usage(arpu, 3) is null",
    "max_usage(downloads, 3) between 1 and 70000",
    "months_with_usage(downloads, 3) in (1, 2)",
    "sum_usage(downloads, 3) = 0",
]
SCHEMA = pa.schema([("subscriber_id", pa.uint32()), ("arpu", pa.float64()), ("downloads", pa.int64())])
LIVING = [1, 2, 3, 5, 8, 13, 21, 22, 23, 24, *range(30, 100)]


def condition(text: str) -> Leaf:
    return read_rule(text, DICTIONARY, SCOPE)  # type: ignore[return-value]  # a single condition


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("prepared", [True, False])
def test_usage_is_measured_alike_however_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, *, prepared: bool
) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(condition_masks, "BLOCK_ROWS", WORD_BITS if seed % 2 else condition_masks.BLOCK_ROWS)
    folder = DataFolder(tmp_path)
    masks, rows = UsageMasks(folder, columns_bytes=chance.choice([0, 2**20])), rows_of(LIVING)
    usage: dict[date, dict[int, dict[str, float | None]]] = {}
    for month in MONTHS:
        people = LIVING if chance.random() < 0.4 else sorted(chance.sample(range(1, 110), 60))
        usage[month] = {
            one: {
                "arpu": chance.choice([None, 0.0, 0.1, 0.2, -1.5]),
                "downloads": chance.choice([None, 0, 1, -3, 70_000]),
            }
            for one in people
        }
        table = pa.Table.from_pylist([{"subscriber_id": one, **said} for one, said in usage[month].items()], SCHEMA)
        if chance.random() < 0.2:
            # A month that does not have a measure.
            table = table.drop_columns("downloads")
            for said in usage[month].values():
                said["downloads"] = None
        parquet.write_table(table, folder.usage(f"{month:%Y-%m}"))
        if prepared:
            masks.prepare(f"{month:%Y-%m}")
            masks.prepare(f"{month:%Y-%m}")
    for text in CONDITIONS:
        leaf = condition(text)
        window = usage_window(leaf)
        assert window is not None
        files = [folder.usage(f"{month:%Y-%m}") for month in MONTHS[-window.months :]]
        fits = compile_closure(leaf)
        for truth in (True, False):
            wanted = [
                one
                for one in LIVING
                if fits(
                    {},
                    History(
                        usage={month: people[one] for month, people in usage.items() if one in people},
                        last_month=MONTHS[-1],
                    ),
                )
                is truth
            ]
            mask = masks.find(rows, (leaf, truth), files)
            assert mask is not None
            assert rows.ids[to_flags(mask, len(rows.ids))].tolist() == wanted, (text, truth)


def test_no_month_at_all_is_nothing_used(tmp_path: Path) -> None:
    masks, rows = UsageMasks(DataFolder(tmp_path), columns_bytes=0), rows_of(LIVING)
    none, nothing = condition("months_with_usage(arpu, 3) = 0"), condition("sum_usage(arpu, 3) is null")
    found = [masks.find(rows, (leaf, True), []) for leaf in (none, nothing)]
    assert [int(np.bitwise_count(mask).sum()) for mask in found if mask is not None] == [len(LIVING)] * 2
    assert masks.find(rows, (condition("sum_usage(arpu, 3) > sum_usage(arpu, 2)"), True), []) is None
