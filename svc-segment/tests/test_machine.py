"""What the machine's memory makes of the limits, and the bitmaps that are written from masks."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from pyroaring import BitMap

from svc_segment.settings import Settings
from svc_segment.store.condition_masks import to_mask
from svc_segment.store.machine import LEAST_MB, share_mb
from svc_segment.store.mask_members import CONTAINER, members_of_mask

MACHINE_MB = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20


def test_limits_together_are_at_most_a_quarter_of_the_memory_and_a_told_one_stands(tmp_path: Path) -> None:
    settings = Settings(
        database_url="postgresql://nowhere", listen="unix:/nowhere", data_dir=tmp_path, load_memory_mb=7
    )
    limits = (
        settings.engine_memory_mb,
        settings.engine_cache_mb,
        settings.engine_windows_mb,
        settings.membership_cache_mb,
    )
    assert sum(limits) <= max(MACHINE_MB / 4, 4 * LEAST_MB)
    assert settings.load_memory_mb == 7


@pytest.mark.parametrize(
    ("said", "mb"), [("8589934592", 1024), ("max", None), ("", None), ("1048576", LEAST_MB), (str(2**62), None)]
)
def test_a_container_with_less_than_the_machine_is_what_counts(tmp_path: Path, said: str, mb: int | None) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(said)
    whole = max(MACHINE_MB // 8, LEAST_MB)
    found = share_mb(8, limits=(limit, tmp_path / "absent"))
    assert found == (whole if mb is None else min(mb, whole))


@pytest.mark.parametrize("rows", [0, 1, 64, CONTAINER - 1, CONTAINER, 3 * CONTAINER + 7])
@pytest.mark.parametrize("share", [0.0, 0.0001, 0.0625, 0.5, 1.0])
@pytest.mark.parametrize("holes", [False, True])
def test_a_bitmap_written_from_a_mask_is_the_one_built_of_its_ids(rows: int, share: float, *, holes: bool) -> None:
    chance = np.random.default_rng(random.Random(f"{rows} {share} {holes}").getrandbits(32))
    flags = chance.random(rows) < share
    ids = np.arange(1, rows + 1, dtype=np.uint32)
    if holes:
        ids += np.cumsum(chance.integers(0, 3, rows)).astype(np.uint32)
    assert members_of_mask(to_mask(flags), ids) == BitMap(ids[flags])
