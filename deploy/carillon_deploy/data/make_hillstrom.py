"""Makes the product's Parquet copy of the Hillstrom data from its public CSV; it must add nothing but the number.

Run once by hand, when the copy is to be made anew; the product itself only reads what this wrote:

    python -m carillon_deploy.data.make_hillstrom path/to/hillstrom.csv.gz
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
from pyarrow import compute, csv, parquet

HERE = Path(__file__).parent
ROWS = 64_000
# The order of the columns is that of the source; `msisdn` is put before them.
TYPES: dict[str, tuple[str, pa.DataType]] = {
    "recency": ("integer", pa.int64()),
    "history_segment": ("text", pa.string()),
    "history": ("number", pa.float64()),
    "mens": ("boolean", pa.bool_()),
    "womens": ("boolean", pa.bool_()),
    "zip_code": ("text", pa.string()),
    "newbie": ("boolean", pa.bool_()),
    "channel": ("text", pa.string()),
    "treatment": ("text", pa.string()),
    "conversion": ("boolean", pa.bool_()),
    "visit": ("boolean", pa.bool_()),
    "spend": ("number", pa.float64()),
}
MEANINGS: dict[str, tuple[str, str]] = {
    "recency": ("months", "Months since the last purchase before the campaign"),
    "history_segment": ("", "Class of the spending of the past year, as the source words it, e.g. '2) $100 - $200'"),
    "history": ("USD", "Dollars spent in the past year"),
    "mens": ("", "Bought men's merchandise in the past year"),
    "womens": ("", "Bought women's merchandise in the past year"),
    "zip_code": ("", "Class of the home address: Urban, Surburban (spelt so in the source), Rural"),
    "newbie": ("", "Became a customer within the past twelve months"),
    "channel": ("", "Channels of purchase in the past year: Phone, Web, Multichannel"),
    "treatment": ("", "Arm drawn at random: 'Mens E-Mail', 'Womens E-Mail' or 'No E-Mail', the hold-out"),
    "conversion": ("", "Bought something in the two weeks after the campaign"),
    "visit": ("", "Visited the site in the two weeks after the campaign"),
    "spend": ("USD", "Dollars spent in the two weeks after the campaign"),
}
# The multiplier shares no factor with 10^8, so that rising rows give eight-digit endings that never meet.
MULTIPLIER = 61_803_399
OFFSET = 13_800_138
ENDINGS = 100_000_000


def msisdn_of_row(row: int) -> str:
    """Gives the E.164 number of a row counted from 0: +86 139 and eight digits, a bijection of the row."""
    return f"+86139{(OFFSET + row * MULTIPLIER) % ENDINGS:08d}"


def read_source(path: Path) -> pa.Table:
    """Reads the source with the types of the copy; flags 0 and 1 become booleans."""
    table = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=_source_types()))
    if table.column_names != list(TYPES) or table.num_rows != ROWS:
        sys.exit(f"{path} is not the Hillstrom file: {table.num_rows} rows of {table.column_names}")
    columns = [compute.cast(table[name], kind) for name, (_, kind) in TYPES.items()]
    return pa.table(columns, names=list(TYPES))


def _source_types() -> dict[str, pa.DataType]:
    return {name: pa.int64() if kind == pa.bool_() else kind for name, (_, kind) in TYPES.items()}


def main(source: Path) -> None:
    """Writes hillstrom.parquet and hillstrom.dictionary.json beside this file."""
    table = read_source(source)
    numbers = pa.array([msisdn_of_row(row) for row in range(ROWS)])
    table = table.add_column(0, "msisdn", numbers)
    parquet.write_table(table, HERE / "hillstrom.parquet", compression="zstd", compression_level=19)
    dictionary = {
        name: {"type": TYPES[name][0], "unit": unit, "description": description}
        for name, (unit, description) in MEANINGS.items()
    }
    (HERE / "hillstrom.dictionary.json").write_text(json.dumps(dictionary, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
