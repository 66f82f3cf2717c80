"""Files whose place others take stay for as long as a question that began on them may last, and go then."""

import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from .segmentation import Segmentation, csv_file, number_of

Load = Callable[[Segmentation, int], Coroutine[Any, Any, object]]


@pytest.fixture
async def loaded(segmentation: Segmentation) -> Segmentation:
    """Two subscribers."""
    await segmentation.load(csv_file(["msisdn", "arpu"], [number_of(1), 0], [number_of(2), 0]), {"arpu": "integer"})
    return segmentation


async def load_usage(loaded: Segmentation, value: int) -> object:
    content = csv_file(["msisdn", "calls"], [number_of(1), value])
    return await loaded.load(content, {"calls": "integer"}, kind="usage", month="2011-03")


async def load_month_of_list(loaded: Segmentation, value: int) -> object:
    content = csv_file(["msisdn", "month", "points"], [number_of(1), "2011-03", value])
    return await loaded.load(content, kind="list", list_name="points", list_kind="points")


async def load_whole_list(loaded: Segmentation, value: int) -> object:
    content = csv_file(["msisdn", "question", "answer"], [number_of(1), "music", value])
    return await loaded.load(content, kind="list", list_name="asked", list_kind="questionnaire")


async def load_subscribers(loaded: Segmentation, value: int) -> object:
    return await loaded.load(csv_file(["msisdn", "arpu"], [number_of(1), value]))


async def sweep_once_more(loaded: Segmentation, *names: str) -> None:
    """A load sweeps when it has ended, so a load after it finds that done."""
    for name in names:
        await loaded.load(csv_file(["msisdn"], [number_of(2)], [f"138{ord(name):08}"]), kind="list", list_name=name)


def grow_old(data_dir: Path, file: str) -> list[Path]:
    """Nobody touched the file, nor what was worked out of it, since 1970."""
    paths = [folder / file for folder in data_dir.iterdir() if (folder / file).exists()]
    for path in paths:
        os.utime(path, (0, 0))
    return paths


@pytest.mark.parametrize(
    ("folder", "load"),
    [("usage", load_usage), ("lists", load_month_of_list), ("lists", load_whole_list), ("base", load_subscribers)],
)
async def test_a_replaced_file_outlives_the_load_that_replaced_it(
    loaded: Segmentation, folder: str, load: Load
) -> None:
    await load(loaded, 1)
    (file,) = {path.name for path in (loaded.data_dir / folder).iterdir()} - await kept_before(loaded, folder)
    grown = grow_old(loaded.data_dir, file)
    assert grown
    # The subscribers keep one version behind the current one; of the others nothing points to it after the first.
    await load(loaded, 2)
    await load(loaded, 3)
    await sweep_once_more(loaded, "a")
    assert [path for path in grown if not path.exists()] == []
    grow_old(loaded.data_dir, file)
    await sweep_once_more(loaded, "b", "c")
    assert [path for path in grown if path.exists()] == []


async def kept_before(loaded: Segmentation, folder: str) -> set[str]:
    """The files of a folder from before the load that a test begins with."""
    if folder != "base":
        return set()
    async with loaded.database.read() as unit:
        return {str(await unit.driver.fetchval("SELECT file FROM base ORDER BY version LIMIT 1"))}
