"""Runs every benchmark of segmentation on one service, one after another; it must not measure anything of its own.

Run ``python -m tests.bench.segment_whole``. It loads each file once, so it is quicker than one benchmark after another;
what others weigh beside it is left out, but for DuckDB, which says whether each count is exact.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console

from carillon_chassis.identity import acting_as
from tests.bench import segment_live, segment_load, segment_match, segment_preview, segment_sets, segment_windows
from tests.bench.segment_service import ADMIN, bench_subscribers, served

SEGMENTS = 40
LIVE_SECONDS, LIVE_RATE = 3.0, 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeFigures:
    """What each benchmark found."""

    loads: segment_load.LoadFigures
    previews: segment_preview.PreviewFigures
    windows: segment_windows.WindowFigures
    match: segment_match.MatchFigures
    sets: segment_sets.SetFigures
    live: segment_live.LiveFigures

    @property
    def reached(self) -> dict[str, bool]:
        """Each bound by its name; they are those of twelve million, so a smaller form says little."""
        parts = (self.loads, self.previews, self.windows, self.match, self.sets, self.live)
        return {name: reached for part in parts for name, reached in part.reached.items()}


def main(subscribers: int | None = None) -> WholeFigures:
    """Runs them and prints their figures; raises RuntimeError when a row or a subscriber is left out."""
    figures = uvloop.run(measure(subscribers or bench_subscribers()))
    tables: Sequence[object] = (
        segment_load.render(figures.loads),
        segment_preview.render(figures.previews),
        segment_windows.render(figures.windows),
        segment_match.render(figures.match),
        segment_sets.render(figures.sets),
        segment_live.render(figures.live),
    )
    Console(width=130).print(*tables)
    return figures


async def measure(subscribers: int) -> WholeFigures:
    """One operator's files into one service; each benchmark goes on with what the ones before it loaded."""
    async with served(subscribers, load=False, apart=True) as one:
        with acting_as(ADMIN), tempfile.TemporaryDirectory(prefix="csa", dir=one.folder.parent) as place:
            return WholeFigures(
                loads=await segment_load.measure_on(one, Path(place)),
                previews=await segment_preview.measure_on(one, with_peers=False),
                windows=await segment_windows.measure_on(one, Path(place)),
                match=await segment_match.measure_on(one),
                # It gives one subscriber another value, so what is held against the file comes before it.
                sets=await segment_sets.measure_on(one, SEGMENTS),
                live=await segment_live.measure_on(one, LIVE_SECONDS, LIVE_RATE),
            )


if __name__ == "__main__":
    sys.exit(0 if all(main().reached.values()) else 1)
