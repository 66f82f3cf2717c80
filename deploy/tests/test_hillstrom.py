"""Holds the shipped Hillstrom copy to the published figures; it must not need the source file."""

import json
from importlib.resources import files
from pathlib import Path

import phonenumbers
import pyarrow as pa
import pytest
from pyarrow import compute, parquet

from carillon_deploy.data.make_hillstrom import msisdn_of_row

DATA = Path(str(files("carillon_deploy.data")))
PUBLISHED = [
    ("Womens E-Mail", 21_387, 0.151400, 0.008837, 1.0772),
    ("Mens E-Mail", 21_307, 0.182757, 0.012531, 1.4226),
    ("No E-Mail", 21_306, 0.106167, 0.005726, 0.6528),
]


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return parquet.read_table(DATA / "hillstrom.parquet")


@pytest.mark.parametrize(("arm", "customers", "visited", "converted", "spend"), PUBLISHED)
def test_each_arm_has_the_published_size_and_rates(
    table: pa.Table, arm: str, customers: int, visited: float, converted: float, spend: float
) -> None:
    members = table.filter(compute.equal(table["treatment"], arm))
    assert members.num_rows == customers
    assert compute.mean(members["visit"]).as_py() == pytest.approx(visited, abs=5e-7)
    assert compute.mean(members["conversion"]).as_py() == pytest.approx(converted, abs=5e-7)
    assert compute.mean(members["spend"]).as_py() == pytest.approx(spend, abs=5e-5)


def test_every_number_is_distinct_valid_and_the_same_every_time(table: pa.Table) -> None:
    numbers = table["msisdn"].to_pylist()
    assert numbers == [msisdn_of_row(row) for row in range(64_000)]
    assert len(set(numbers)) == 64_000
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)


def test_the_dictionary_describes_every_column_but_the_number(table: pa.Table) -> None:
    dictionary = json.loads((DATA / "hillstrom.dictionary.json").read_text(encoding="utf-8"))
    assert ["msisdn", *dictionary] == table.column_names
    kinds = {"integer": pa.int64(), "number": pa.float64(), "text": pa.string(), "boolean": pa.bool_()}
    for name, entry in dictionary.items():
        assert table.schema.field(name).type == kinds[entry["type"]]
        assert set(entry) == {"type", "unit", "description"}
        assert entry["description"]
