"""Counts by DuckDB's own SQL over the file that was loaded what svc-segment counted; it must not ask the service.

A rule is a SQL condition, so the same words say the same there; a count that differs is a fault of the service.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import duckdb
import numpy as np
import pyarrow as pa

from svc_segment.domain.classification import Classification
from svc_segment.domain.match_library import MatchLibrary, MatchRule

THREADS = 2
# Conditions in one scan: more would only be a longer statement.
CONDITIONS_A_SCAN = 60
ROWS_AT_ONCE = 200_000


def count_rules(file: Path, rules: Sequence[str]) -> list[int]:
    """How many rows of a Parquet file fit each rule, in the order of the rules."""
    counts: list[int] = []
    with duckdb.connect(config={"threads": THREADS, "memory_limit": "2GB"}) as connection:
        for start in range(0, len(rules), CONDITIONS_A_SCAN):
            some = rules[start : start + CONDITIONS_A_SCAN]
            counted = ", ".join(f"count(*) FILTER (WHERE {rule})" for rule in some)
            row = connection.execute(f"SELECT {counted} FROM read_parquet('{file}')").fetchone()  # noqa: S608 -- our own rules
            counts += row or ()
    return counts


def count_overlap(file: Path, rules: Sequence[str]) -> list[list[int]]:
    """How many rows fit each two of the rules, in the order of the rules."""
    asked = ", ".join(f"({rule}) IS TRUE AS rule_{place}" for place, rule in enumerate(rules))
    shared = np.zeros((len(rules), len(rules)))
    with duckdb.connect(config={"threads": THREADS, "memory_limit": "2GB"}) as connection:
        found = connection.sql(f"SELECT {asked} FROM read_parquet('{file}')")  # noqa: S608 -- our own rules
        for batch in cast("Iterator[pa.RecordBatch]", found.to_arrow_reader(ROWS_AT_ONCE)):
            fits = np.column_stack([column.to_numpy(zero_copy_only=False) for column in batch.columns])
            # Products of ones and noughts, exact as doubles far beyond any number of rows.
            shared += fits.T.astype(np.float64) @ fits.astype(np.float64)
    return [[int(count) for count in row] for row in shared]


def count_fitting(file: Path, library: MatchLibrary) -> Mapping[str, int]:
    """By match rule, who could take its service by it: fits principle and brands, has it not, and a handset for it."""
    rules = {code: _fitting(rule, library) for code, rule in library.rules.items()}
    return dict(zip(rules, count_rules(file, list(rules.values())), strict=True))


def count_classes(file: Path, classification: Classification) -> Mapping[str, int]:
    """By class, whom the first step that holds puts there."""
    held = [f"({step.test}) IS TRUE" for step in classification.steps]
    rules = [" AND ".join([one, *(f"NOT {earlier}" for earlier in held[:place])]) for place, one in enumerate(held)]
    found: dict[str, int] = {}
    for step, count in zip(classification.steps, count_rules(file, rules), strict=True):
        found[step.result] = found.get(step.result, 0) + count
    return found


def _fitting(rule: MatchRule, library: MatchLibrary) -> str:
    service = library.services[rule.service]
    brands = ", ".join(f"'{brand}'" for brand in rule.brands)
    conditions = [
        f"({rule.extract}) IS TRUE",
        *([f"brand IN ({brands})"] if brands else []),
        *([f"({service.owned_when}) IS NOT TRUE"] if service.owned_when else []),
        *([f"({service.terminal}) IS TRUE"] if service.terminal else []),
    ]
    return " AND ".join(conditions)
