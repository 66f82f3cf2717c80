"""A synthetic operator: the same by seed, however it is written; true to the tables; small in memory; sound throughout."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import phonenumbers
import pyarrow as pa
import pytest
from pyarrow import compute, parquet
from typer.testing import CliRunner

from carillon_deploy.cli import app
from carillon_deploy.population import margins
from carillon_deploy.population.attributes import ATTRIBUTES
from carillon_deploy.population.cells import cell_names, cell_table
from carillon_deploy.population.columns import chosen
from carillon_deploy.population.operator import Operator, write_operator
from carillon_deploy.population.terminals import handsets

AS_OF = date(2011, 3, 31)
PEOPLE = 150_000
# What a share may be off: some rows of an even spread.
TOLERANCE_ROWS = 6
MEGABYTE = 1_048_576
# Two runs of one size differ by some megabytes; a row kept would cost hundreds of bytes each, 40 MB and more in all.
MOST_GROWTH_MB = 30


def write(
    folder: Path, *, subscribers: int = 3_000, seed: int = 7, threads: int = 2, months: int = 4
) -> dict[str, str]:
    """The SHA-256 of each file."""
    operator = Operator(subscribers=subscribers, seed=seed, as_of=AS_OF, months=months)
    written = write_operator(operator, folder, threads=threads, advance=lambda _rows: None)
    return {one.name: one.sha256 for one in written}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator of two blocks and a bit."""
    folder = tmp_path_factory.mktemp("operator") / "of-7"
    write(folder, subscribers=PEOPLE)
    return folder


def read(folder: Path, name: str = "subscribers") -> pa.Table:
    return parquet.read_table(folder / f"{name}.parquet")


def column(table: pa.Table, name: str) -> "np.ndarray[tuple[int], np.dtype[np.generic]]":
    found: np.ndarray[tuple[int], np.dtype[np.generic]] = table[name].to_numpy()
    return found


def test_the_same_seed_gives_the_same_bytes_by_one_thread_or_by_four(tmp_path: Path) -> None:
    first = write(tmp_path / "a", subscribers=70_000, threads=1)
    assert write(tmp_path / "b", subscribers=70_000, threads=4) == first
    assert (tmp_path / "a" / "manifest.json").read_bytes() == (tmp_path / "b" / "manifest.json").read_bytes()


def test_another_seed_gives_another_operator(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a", seed=1), write(tmp_path / "b", seed=2)
    assert all(first[name] != second[name] for name in first if name != "cells.parquet")


def test_a_larger_operator_begins_with_the_smaller_one(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "small", subscribers=66_000)
    for name in ("subscribers", "usage-2011-03"):
        small, large = read(tmp_path / "small", name), read(folder, name).slice(0, 66_000)
        assert large.schema == small.schema
        assert all(large[column].to_pylist() == small[column].to_pylist() for column in small.column_names)


def test_the_grid_of_the_campaign_and_the_catchments_have_the_tables_shares(folder: Path) -> None:
    table = read(folder)
    arpu, tones, member = (column(table, name) for name in ("arpu", "crbt_downloads", "music_member"))
    free = ~column(table, "has_handset_subsidy").astype(bool)
    bands = ((60, 130), (130, 200), (200, 10**6))
    for membership, band, often, share in margins.grid_cells():
        wanted = (tones >= 3) if often else (tones > 0) & (tones < 3)  # type: ignore[operator]  # numbers they are
        inside = (arpu >= bands[band][0]) & (arpu < bands[band][1]) & wanted & free & (member == membership)  # type: ignore[operator]  # the same
        assert abs(int(inside.sum()) - share * PEOPLE) <= TOLERANCE_ROWS, (membership, band, often)
    halls = {one["values"]: one["counts"] for one in compute.value_counts(table["hall"]).to_pylist()}
    for hall in margins.PRINTED_HALLS:
        asked = hall.customers_wan / 1200 * PEOPLE
        assert abs(halls[f"{hall.branch}/{hall.name}"] - asked) <= TOLERANCE_ROWS
    assert sum(count for hall, count in halls.items() if hall) == pytest.approx(102.5 / 1200 * PEOPLE, abs=60)
    assert len(halls) == 57
    assert len(compute.unique(table["branch"])) == 31


def fetion_class(row: dict[str, int]) -> str:
    """The first step of the reference's resolution that fits."""
    days, m1, m2 = row["fetion_client_days"], row["fetion_active_days_m1"], row["fetion_active_days_m2"]
    steps = (
        (not row["fetion_registered"], "UNREGISTERED"),
        (row["fetion_deregistered"], "DEREGISTERED"),
        (not row["fetion_ever_active"], "CONTINUOUS_SILENT"),
        (days >= 1 and (row["fetion_friends"] == 0 or row["fetion_volume"] == 0), "TRIAL_PROBLEM"),
        (days == 1 and row["fetion_client_volume"] == 1, "TRIAL_PROBLEM"),
        (days >= 19, "LOYAL"),
        (days >= 11, "HABITUAL"),
        (days >= 6, "ORDINARY"),
        (days >= 1, "UNCLASSIFIED_LOW"),
        (row["fetion_sms_active"], "SUB_SILENT"),
        (m1 >= 19 or m2 >= 19, "HABITUAL"),
        (m1 > 0 or m2 > 0, "SUB_SILENT"),
        (True, "UNCLASSIFIED_LAPSED"),
    )
    return next(name for fits, name in steps if fits)


def test_every_fetion_class_and_both_gaps_occur_in_their_shares(folder: Path) -> None:
    columns = [one.name for one in ATTRIBUTES if one.name.startswith("fetion_") and one.name != "fetion_score"]
    rows = read(folder).select(columns).to_pylist()
    found = dict.fromkeys(margins.FETION, 0)
    for row in rows:
        found[fetion_class(row)] += 1
    for name, share in margins.FETION.items():
        assert abs(found[name] - share * PEOPLE) <= TOLERANCE_ROWS, name


def test_usage_agrees_with_the_attributes(folder: Path) -> None:
    table = read(folder)
    months = [read(folder, f"usage-2011-0{month}") for month in (3, 2, 1)]
    assert all(month["msisdn"].equals(table["msisdn"]) for month in months)
    spent = sum(column(month, "spend_fen") for month in months)
    assert np.array_equal(spent, np.rint(column(table, "arpu").astype(float) * 100).astype(int) * 3)
    tones = sum(column(month, "crbt_downloads") for month in months)
    assert np.array_equal(tones, column(table, "crbt_downloads"))
    assert np.array_equal(column(months[1], "fetion_active_days"), column(table, "fetion_active_days_m1"))
    assert read(folder, "usage-2010-12").num_rows == PEOPLE


def test_numbers_are_valid_and_nobody_shares_one(folder: Path) -> None:
    numbers = read(folder)["msisdn"]
    assert compute.count_distinct(numbers).as_py() == PEOPLE
    for written in numbers.take(pa.array(range(0, PEOPLE, 1_009))).to_pylist():
        assert phonenumbers.is_valid_number(phonenumbers.parse(written))


def test_handsets_are_real_and_events_and_contacts_are_of_the_operators_own(folder: Path) -> None:
    table = read(folder)
    known = dict(zip(handsets().tacs, (handsets().models[of] for of in handsets().model_of), strict=True))
    assert all(known[one["tac"]] == one["terminal_model"] for one in table.slice(0, 5_000).to_pylist())
    events, contacts, sightings = read(folder, "events"), read(folder, "contacts"), read(folder, "sightings")
    assert events.num_rows == pytest.approx(2 * PEOPLE, rel=0.02)
    assert sightings.num_rows == pytest.approx(0.3 * PEOPLE, rel=0.05)
    everybody = table["msisdn"].combine_chunks()
    for numbers in (events["msisdn"], sightings["msisdn"], contacts["msisdn"], contacts["contact"]):
        assert compute.all(compute.is_in(numbers, everybody)).as_py()
    assert not compute.any(compute.equal(contacts["msisdn"], contacts["contact"])).as_py()
    cells = cell_table(PEOPLE)
    assert compute.all(compute.is_in(sightings["cell"], cells["cell"].combine_chunks())).as_py()
    assert compute.unique(sightings["type"]).to_pylist() == ["cell_seen"]
    assert "cell_seen" not in compute.unique(events["type"]).to_pylist()


def test_a_country_has_more_cells_than_two_bytes_tell_apart() -> None:
    subscribers = 60_000_000
    cells = cell_table(subscribers)["cell"]
    last = len(cells) - 1
    seen = chosen(cell_names(subscribers), np.array([0, last]))
    assert seen.to_pylist() == [cells[0].as_py(), cells[last].as_py()] == ["cell-00000", f"cell-{last:05d}"]


def test_dictionary_and_manifest_describe_what_was_written(folder: Path) -> None:
    dictionary = json.loads((folder / "dictionary.json").read_text(encoding="utf-8"))
    assert ["msisdn", *dictionary] == read(folder).column_names
    assert len(dictionary) == 67
    # SEG-02: each attribute is one of the five sides of a customer.
    sides = {"value", "consumption", "preference", "trajectory", "terminal"}
    assert {one["dimension"] for one in dictionary.values()} == sides
    usage = json.loads((folder / "usage.dictionary.json").read_text(encoding="utf-8"))
    assert ["msisdn", *usage] == read(folder, "usage-2011-03").column_names
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["operator"]["seed"] == 7
    assert {one["name"]: one["rows"] for one in manifest["files"]}["subscribers.parquet"] == PEOPLE
    assert manifest["margins"]["brand"]["EASYOWN"] == {"count": 75_000, "asked": 75_000.0}


def peak_megabytes(folder: Path, subscribers: int) -> float:
    """The process's own peak; getrusage would give the peak of this one, which it was forked from, where that is higher."""
    script = (
        "import sys; from carillon_deploy.cli import app\n"
        "try: app(['population', '--subscribers', sys.argv[1], '--out', sys.argv[2]])\n"
        "except SystemExit as end: assert not end.code\n"
        "print([line for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
    )
    command = [sys.executable, "-c", script, str(subscribers), str(folder)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True, timeout=200)  # noqa: S603 -- our own command
    return int(ended.stdout.split()[-2]) * 1024 / MEGABYTE


def test_memory_stays_flat_however_many_subscribers(tmp_path: Path) -> None:
    small, large = (peak_megabytes(tmp_path / str(size), size) for size in (200_000, 400_000))
    assert large - small < MOST_GROWTH_MB
    assert large < 600


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--subscribers", "0"], "--subscribers is 0; it goes from 1 to 1,500,000,000"),
        (["--subscribers", "10", "--seed", "-1"], "--seed is -1"),
        (["--subscribers", "10", "--months", "25"], "--months is 25; it goes from 1 to 24"),
        (["--subscribers", "10", "--events-per-subscriber", "-1"], "--events-per-subscriber is -1"),
    ],
)
def test_an_operator_that_cannot_be_is_refused(tmp_path: Path, options: list[str], complaint: str) -> None:
    ended = CliRunner().invoke(app, ["population", "--out", str(tmp_path / "out"), *options])
    assert ended.exit_code == 1
    assert complaint in ended.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    ended = CliRunner().invoke(app, ["population", "--subscribers", "10", "--out", str(tmp_path)])
    assert ended.exit_code == 1
    assert "is not empty" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_operator_of_one_without_events_is_still_whole(tmp_path: Path) -> None:
    out = tmp_path / "one"
    options = ["--subscribers", "1", "--out", str(out), "--months", "1", "--events-per-subscriber", "0"]
    ended = CliRunner().invoke(app, ["population", *options])
    assert ended.exit_code == 0, ended.stderr
    assert read(out).num_rows == 1
    assert read(out, "events").num_rows == 0
