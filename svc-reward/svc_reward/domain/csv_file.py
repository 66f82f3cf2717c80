"""Files that are kept by their hash alone: the same bytes for the same rows; it must not know what stands in them."""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence


def write_csv(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """CSV in UTF-8 with lines that end in CR LF, in the order of the rows; quotes only where there have to be some."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def file_hash(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
