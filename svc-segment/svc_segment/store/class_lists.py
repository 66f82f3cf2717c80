"""Writes a month's lists, one file a class and city, and makes them appear whole; it must not classify.

The drop folder holds ``<classification>/<YYYY-MM>/<city>/<CLASS>.csv`` and ``manifest.json`` beside the cities,
which says the day that the data describe. The month is a link to the run's own folder, which is turned in one step, so
a reader sees the old lists or the new ones.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from svc_segment.store.match_lists import csv_rows, living, written_numbers
from svc_segment.store.rule_sets import Texts

HEADER = b"msisdn\n"
# Where those live whose branch nobody knows.
UNKNOWN_BRANCH = "unknown"
RUNS = ".runs"


class ListFolder:
    """The drop folder that the operator's other systems fetch lists from."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(
        self,
        run: str,
        *,
        code: str,
        month: str,
        as_of: date,
        members: Mapping[str, BitMap],
        branches: Texts,
        book: NDArray[np.int64],
    ) -> str:
        """Writes one run's lists and gives their folder below the root. Blocking: call it in a thread."""
        folder = self._root / code / RUNS / f"{month}-{run}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        files = {}
        for result, found in members.items():
            ids = np.asarray(found.to_array(), dtype=np.uint32)
            ids = ids[living(book, ids)]
            codes = branches.codes_of(ids)
            order = np.argsort(codes, kind="stable")
            ids, codes = ids[order], codes[order]
            known, starts = np.unique(codes, return_index=True)
            for branch, mine in zip(known.tolist(), np.split(ids, starts)[1:], strict=True):
                name = f"{folder_name(branches.names[branch] if branch >= 0 else '')}/{result}.csv"
                files[name] = _write(folder / name, book[mine])
        manifest = {"run": run, "month": month, "as_of": as_of.isoformat(), "files": files}
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
        self._turn(folder, code=code, month=month)
        return f"{code}/{month}"

    def file(self, run: str, *, code: str, month: str, branch: str, result: str) -> Path:
        """Where one list of one run lies."""
        return self._root / code / RUNS / f"{month}-{run}" / folder_name(branch) / f"{result}.csv"

    def _turn(self, folder: Path, *, code: str, month: str) -> None:
        """Makes the month a link to this run's folder, and lets the folders of the month's earlier runs go."""
        link = self._root / code / month
        fresh = folder.with_suffix(".link")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path(RUNS) / folder.name)
        fresh.replace(link)
        for other in folder.parent.glob(f"{month}-*"):
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)


def folder_name(branch: str) -> str:
    """A branch's name as a folder's; separators can't climb out of the drop folder."""
    kept = "".join("_" if sign in '/\\\0:*?"<>|' or sign.isspace() else sign for sign in branch).strip(".")
    return kept or UNKNOWN_BRANCH


def _write(path: Path, numbers: NDArray[np.int64]) -> dict[str, int | str]:
    path.parent.mkdir(exist_ok=True)
    content = HEADER + csv_rows({"msisdn": written_numbers(np.sort(numbers))})
    path.write_bytes(content)
    return {"rows": len(numbers), "sha256": hashlib.sha256(content).hexdigest()}
