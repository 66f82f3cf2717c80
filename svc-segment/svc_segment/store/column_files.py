"""Writes coded columns as files and maps them into memory; it must not decide which are worth it.

A column is ``<name>.npy``, the codes, and ``<name>.arrow``, its values, which is written last: where it stands, both
are whole. Mapped files take what memory the machine can spare, are shared by all who read them, and are there at once
after a restart.
"""

import uuid
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from svc_segment.store.folders import settle

VALUES = "values"
# No column is called so.
WHOLE = "WHOLE.npy"


Codes = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.uint32] | NDArray[np.int32]
Number = TypeVar("Number", bound=np.generic)


def write_column(folder: Path, name: str, coded: tuple[pa.Array, Codes] | None) -> None:
    """Keeps values and codes of one column; None for one that can't be coded. Several may write the same one at once."""
    table = pa.table({VALUES: coded[0]} if coded else {})
    if coded:
        write_array(folder, f"{name}.npy", coded[1])
    unfinished = _unfinished(folder)
    with pa.OSFile(str(unfinished), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    settle(unfinished, _values_file(folder, name))


def is_written(folder: Path, name: str) -> bool:
    """Whether the column was coded, or found to be none that can be."""
    return _values_file(folder, name).exists()


def map_column(folder: Path, name: str) -> tuple[pa.Array, NDArray[Any]] | None:
    """The values and the codes of a written column, as they lie; None for one that can't be coded."""
    with pa.memory_map(str(_values_file(folder, name))) as file:
        table = pa.ipc.open_file(file).read_all()
    if VALUES not in table.column_names:
        return None
    return table[VALUES].combine_chunks(), map_array(folder, f"{name}.npy")


def finish(folder: Path) -> None:
    """Says that all there is to write of a file was written."""
    write_array(folder, WHOLE, np.zeros(0, np.bool_))


def is_finished(folder: Path) -> bool:
    """Whether that was said."""
    return (folder / WHOLE).exists()


def write_array(folder: Path, name: str, array: NDArray[Number]) -> None:
    """Keeps an array, there whole or not at all."""
    unfinished = _unfinished(folder)
    with unfinished.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    settle(unfinished, folder / name)


def map_array(folder: Path, name: str) -> NDArray[Any]:
    """An array as it lies, not to be written to."""
    # A plain array over the mapped bytes: the class that numpy gives them costs time at each operation.
    mapped: NDArray[Any] = np.load(folder / name, mmap_mode="r", allow_pickle=False)
    return mapped.view(np.ndarray)


def _values_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.arrow"


def _unfinished(folder: Path) -> Path:
    """A file of this try's own, since two threads may be at the same column."""
    folder.mkdir(exist_ok=True)
    return folder / uuid.uuid4().hex
