"""Writes a synthetic operator to a folder: subscribers, usage, events, contacts, cells, dictionaries, a manifest.

Files are written side by side by two threads, each block by block: the work is numpy's and pyarrow's, which let go of
the interpreter, and memory is that of a few blocks however many subscribers there are. It must not load anything.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from carillon_deploy.errors import CommandError
from carillon_deploy.population.attributes import ATTRIBUTES
from carillon_deploy.population.blocks import Block, blocks
from carillon_deploy.population.cells import cell_table
from carillon_deploy.population.columns import Column
from carillon_deploy.population.contacts import MEAN_CONTACTS, contact_tables
from carillon_deploy.population.events import event_tables
from carillon_deploy.population.files import Advance, WrittenFile, write_parquet
from carillon_deploy.population.margin_count import MarginCount
from carillon_deploy.population.people import MAX_SUBSCRIBERS, People, make_people
from carillon_deploy.population.sightings import SIGHTINGS_AN_EVENT, sighting_tables
from carillon_deploy.population.usage import measures

# Two years of months, as far back as a window over usage reaches.
MAX_MONTHS = 24
MAX_EVENTS_PER_SUBSCRIBER = 1_000.0
NUMBER = "msisdn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What to write; raises CommandError for an operator that can't be."""

    subscribers: int
    seed: int
    as_of: date
    months: int = 3
    events_per_subscriber: float = 2.0

    def __post_init__(self) -> None:
        checks = (
            ("--subscribers", self.subscribers, 1, MAX_SUBSCRIBERS),
            ("--seed", self.seed, 0, 2**63 - 1),
            ("--months", self.months, 1, MAX_MONTHS),
            ("--events-per-subscriber", self.events_per_subscriber, 0, MAX_EVENTS_PER_SUBSCRIBER),
        )
        for option, value, least, most in checks:
            if not least <= value <= most:
                msg = f"{option} is {value}; it goes from {least} to {most:,}"
                raise CommandError(msg)

    def month(self, back: int) -> date:
        """The first day of a reported month, 0 for that of ``as_of``."""
        months = self.as_of.year * 12 + self.as_of.month - 1 - back
        return date(months // 12, months % 12 + 1, 1)

    @property
    def blocks(self) -> Iterator[Block]:
        """The blocks of subscribers."""
        return blocks(self.seed, self.subscribers)


def write_operator(operator: Operator, folder: Path, *, threads: int, advance: Advance) -> list[WrittenFile]:
    """Writes all files; ``advance`` hears of rows as they are written, from any thread."""
    if folder.exists() and any(folder.iterdir()):
        msg = f"{folder} is not empty; name a new folder with --out"
        raise CommandError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    margins = MarginCount()
    tasks = _tasks(operator, folder, margins, advance)
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(task) for task in tasks]
        written = [future.result() for future in futures]
    _write_json(folder / "dictionary.json", _dictionary(ATTRIBUTES))
    _write_json(folder / "usage.dictionary.json", _dictionary(measures(0)))
    manifest = {
        "operator": {**asdict(operator), "as_of": operator.as_of.isoformat()},
        "files": [asdict(one) for one in written],
        "margins": margins.compared(operator.subscribers),
    }
    _write_json(folder / "manifest.json", manifest)
    return written


def _tasks(
    operator: Operator, folder: Path, margins: MarginCount, advance: Advance
) -> Sequence[Callable[[], WrittenFile]]:
    """The files to write, the longest first."""
    as_of, mean, people = operator.as_of, operator.events_per_subscriber, operator.subscribers

    def subscribers(block: Block) -> Iterator[pa.Table]:
        some = make_people(block)
        margins.add(some)
        yield _table(some, ATTRIBUTES)

    def writing(name: str, tables: Callable[[Block], Iterator[pa.Table]]) -> Callable[[], WrittenFile]:
        def every() -> Iterator[pa.Table]:
            for block in operator.blocks:
                yield from tables(block)

        return lambda: write_parquet(folder / name, every(), advance)

    def usage(back: int) -> Callable[[], WrittenFile]:
        name = f"usage-{operator.month(back):%Y-%m}.parquet"
        return writing(name, lambda block: iter([_table(make_people(block), measures(back))]))

    return [
        writing("subscribers.parquet", subscribers),
        writing("contacts.parquet", lambda block: contact_tables(block, subscribers=people)),
        writing("events.parquet", lambda block: event_tables(make_people(block), as_of=as_of, mean=mean)),
        writing(
            "sightings.parquet",
            lambda block: sighting_tables(make_people(block), as_of=as_of, mean=mean, subscribers=people),
        ),
        *(usage(back) for back in range(operator.months)),
        lambda: write_parquet(folder / "cells.parquet", iter([cell_table(people)]), advance),
    ]


def rows_to_write(operator: Operator) -> int:
    """About how many rows the progress counts in all: events and contacts are drawn."""
    per_subscriber = 1 + operator.months + operator.events_per_subscriber * (1 + SIGHTINGS_AN_EVENT) + MEAN_CONTACTS
    return round(operator.subscribers * per_subscriber)


def _table(people: People, columns: Sequence[Column]) -> pa.Table:
    return pa.table({NUMBER: people.written_numbers} | {one.name: one.of(people) for one in columns})


def _dictionary(columns: Sequence[Column]) -> dict[str, dict[str, str]]:
    return {
        one.name: {"type": one.type, "unit": one.unit, "description": one.description}
        | ({"dimension": one.dimension} if one.dimension else {})
        for one in columns
    }


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
