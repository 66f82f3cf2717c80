"""Names the files of the data folder and makes them appear whole; it must not read what is in them.

``uploads/<sha256>`` are files as they came, ``base/<snapshot>.parquet`` the subscribers as they stand, ``usage/`` a
file a month, ``events/`` files of one day each, ``lists/`` what came with the members of a list, ``work/`` whatever is
half written: nothing else ever points into it, so it can be emptied at any time nobody writes. ``columns/<file>/`` is
what was worked out of a file to be asked quicker; it may go at any time nobody reads.
"""

import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from svc_segment.store.errors import upload_too_large

# 12 million subscribers of 300 attributes are some 20 GB as CSV; more is not one snapshot.
MAX_UPLOAD_BYTES = 32 * 2**30
# The longest load is minutes and an upload's pieces come seconds apart: what lies untouched for hours is a dead
# process's, and what is younger may be another process's that is about to publish it.
LEFT_ALONE = timedelta(hours=6)
# A file as it came is booked the moment after its last piece; one that is not booked by then nobody will ever read.
UPLOAD_LEFT_ALONE = timedelta(minutes=10)
# A question over tags is over in a minute or two.
TAGS_LEFT_ALONE = timedelta(minutes=10)


class DataFolder:
    """The folder that this service keeps its files in."""

    def __init__(self, root: Path) -> None:
        self._uploads = root / "uploads"
        self._base = root / "base"
        self._usage = root / "usage"
        self._events = root / "events"
        self._lists = root / "lists"
        self._tags = root / "tags"
        self._columns = root / "columns"
        self._work = root / "work"
        lasting = (self._uploads, self._base, self._usage, self._events, self._lists, self._tags)
        for folder in (*lasting, self._columns, self._work):
            folder.mkdir(parents=True, exist_ok=True)
        # Their files go once nothing points to them any more and whoever began to read them has had time to end.
        self._swept = (self._base, self._usage, self._events, self._lists, self._columns)

    def upload(self, sha256: str) -> Path:
        """Where a file with this SHA-256 lies."""
        return self._uploads / sha256

    def base(self, file: str) -> Path:
        """Where a version of the subscribers lies."""
        return self._base / file

    def usage(self, file: str) -> Path:
        """Where a month of usage lies."""
        return self._usage / file

    def events(self, file: str) -> Path:
        """Where events of one day lie."""
        return self._events / file

    def lists(self, file: str) -> Path:
        """Where the columns that came with a list lie."""
        return self._lists / file

    def tags(self, file: str) -> Path:
        """Where a version of the tags lies."""
        return self._tags / file

    def columns(self, file: str) -> Path:
        """The folder of what was worked out of a version of the subscribers."""
        return self._columns / file

    def spare(self, files: Collection[str]) -> None:
        """Has the sweep wait from now on for who still reads files whose place others are about to take."""
        for file in files:
            for folder in self._swept:
                with suppress(FileNotFoundError):
                    os.utime(folder / file)

    def keep_tags(self, keep: Collection[str]) -> None:
        """Removes versions of the tags other than ``keep``; a question that reads one has it open."""
        for path in self._tags.iterdir():
            if path.name not in keep:
                _remove(path)

    def sweep_tags(self, keep: Collection[str], now: datetime) -> None:
        """The same once what is kept has stood long enough that no question of before is under way."""
        if all(_untouched(self.tags(file), now) > TAGS_LEFT_ALONE for file in keep):
            self.keep_tags(keep)

    def forget_upload(self, sha256: str) -> None:
        """Removes a file as it came, at once; one that is gone already is gone."""
        self.upload(sha256).unlink(missing_ok=True)

    def begin_upload(self) -> "Upload":
        """Opens a file that nobody sees until it is kept."""
        return Upload(self._work / f"upload-{uuid.uuid4().hex}", self)

    def begin_work(self, name: str) -> Path:
        """An empty folder of this try's own: an earlier one that was told to stop may still be writing its last batch."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._work))

    def end_work(self, name: str) -> None:
        """Removes the folders of all tries of one name."""
        for path in self._work.glob(f"{name}-*"):
            _remove(path)

    def sweep(self, *, keep: Collection[str], now: datetime) -> None:
        """Removes files other than ``keep`` and scratch, but nothing that was touched lately: a question may read it."""
        old = [path for folder in self._swept for path in folder.iterdir() if path.name not in keep]
        for path in [*old, *self._work.iterdir()]:
            if _untouched(path, now) > LEFT_ALONE:
                _remove(path)
        for path in self._uploads.iterdir():
            if path.name not in keep and _untouched(path, now) > UPLOAD_LEFT_ALONE:
                _remove(path)


class Upload:
    """A file being received: hashed on the way, seen by nobody until it is whole. Blocking: call it in a thread."""

    def __init__(self, path: Path, folder: DataFolder) -> None:
        self._path = path
        self._folder = folder
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self._bytes = 0

    def write(self, piece: bytes) -> None:
        """Adds a piece; raises LimitExceeded UPLOAD_TOO_LARGE."""
        self._bytes += len(piece)
        if self._bytes > MAX_UPLOAD_BYTES:
            raise upload_too_large(MAX_UPLOAD_BYTES)
        self._file.write(piece)
        self._hash.update(piece)

    def keep(self) -> str:
        """Makes the file durable under its SHA-256 and gives that in hex."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        sha256 = self._hash.hexdigest()
        settle(self._path, self._folder.upload(sha256))
        return sha256

    def discard(self) -> None:
        """Forgets what came so far."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _untouched(path: Path, now: datetime) -> timedelta:
    return now - datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def settle(written: Path, target: Path) -> None:
    """Renames a finished file so that after a power cut it is there whole or not at all."""
    with written.open("rb") as file:
        os.fsync(file.fileno())
    written.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
