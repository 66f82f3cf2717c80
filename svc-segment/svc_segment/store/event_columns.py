"""Reads the events of one type from files as arrays, and keeps those used last; it must not measure them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute, parquet

from svc_segment.domain.attributes import SUBSCRIBER_COLUMN
from svc_segment.domain.rules.measuring import millionths_of
from svc_segment.store.bounded_cache import BoundedCache
from svc_segment.store.column_files import (
    finish,
    is_finished,
    is_written,
    map_array,
    map_column,
    write_array,
    write_column,
)
from svc_segment.store.folders import DataFolder

# An attribute of more different texts than this is read from its file whenever it is asked for: hardly anybody asks.
MOST_TEXTS = 65_536


class Names:
    """The different texts that an attribute has in a file; what they say is read once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(texts)
        self.nbytes = sum(len(text) for text in self.texts)
        """Roughly what they take."""

    def code_of(self, text: str) -> int:
        """The place of a text; behind the last one for a text that no event has."""
        return self.texts.index(text) if text in self.texts else len(self.texts)

    @cached_property
    def millionths(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The number that each text says, and whether it says one: others are 0, and so is no text, behind the last."""
        found = [millionths_of(text) for text in self.texts]
        numbers = np.array([*(one or 0 for one in found), 0], np.int64)
        return numbers, np.array([*(one is not None for one in found), False], np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """An attribute of each event: its place among ``names``, -1 where the event does not have it."""

    codes: NDArray[np.int32]
    names: Names

    @property
    def nbytes(self) -> int:
        """Roughly what it takes."""
        return self.codes.nbytes + self.names.nbytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Whose each event is, rising, and when it was, in microseconds since 1970."""

    ids: NDArray[np.uint32]
    at_us: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        """What it takes."""
        return self.ids.nbytes + self.at_us.nbytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EventColumns:
    """Events of one type, with the attributes that were asked for."""

    moments: Moments
    texts: Mapping[str, Texts]

    def of(self, ids: NDArray[np.uint32]) -> "EventColumns":
        """The events of some subscribers, rising and each once."""
        low = np.searchsorted(self.moments.ids, ids, side="left")
        counts = np.searchsorted(self.moments.ids, ids, side="right") - low
        # The events of one subscriber stand side by side: its first one's place, and so many after it.
        return self.taken(np.repeat(low - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum()))

    def between(self, first: int, last: int) -> "EventColumns":
        """The events of the subscribers from one to another, both among them; nothing is copied."""
        # Of the ids' own type: looked for as another, all of them would be copied into it first.
        begin = np.searchsorted(self.moments.ids, np.uint32(first), side="left")
        end = np.searchsorted(self.moments.ids, np.uint32(last), side="right")
        return self.taken(slice(begin, end))

    def taken(self, chosen: NDArray[np.int64] | NDArray[np.bool_] | slice) -> "EventColumns":
        """Some of the events."""
        moments = Moments(ids=self.moments.ids[chosen], at_us=self.moments.at_us[chosen])
        texts = {name: Texts(codes=one.codes[chosen], names=one.names) for name, one in self.texts.items()}
        return EventColumns(moments=moments, texts=texts)


class EventColumnCache:
    """The arrays of files, which never change once they are named; several threads may use it."""

    def __init__(self, folder: DataFolder, limit_bytes: int) -> None:
        self._folder = folder
        self._moments: BoundedCache[Moments] = BoundedCache(limit_bytes // 2)
        self._texts: BoundedCache[Texts] = BoundedCache(limit_bytes // 2)

    def prepare(self, file: str) -> None:
        """Writes the arrays of a file, type by type, to be mapped later; repeatable."""
        folder = self._folder.columns(file)
        if is_finished(folder):
            return
        table = parquet.read_table(self._folder.events(file))
        for event in compute.unique(table["type"]).to_pylist():
            some = table.filter(compute.equal(table["type"], event)).combine_chunks()
            names = compute.unique(some["attributes"].chunk(0).keys).to_pylist()
            columns = to_columns(some, names)
            write_array(folder, f"{_digest(event)}.ids", columns.moments.ids)
            write_array(folder, f"{_digest(event)}.at", columns.moments.at_us)
            for name, texts in columns.texts.items():
                if len(texts.names.texts) <= MOST_TEXTS:
                    write_column(folder, _digest(event, name), (pa.array(texts.names.texts, pa.string()), texts.codes))
        finish(folder)

    def read(self, file: Path, event: str, attributes: Sequence[str]) -> EventColumns:
        """The events of one type in one file."""
        moments = self._moments.get((file, event)) or self._mapped(file, event)
        texts = {name: self._text(file, event, name) for name in attributes}
        if moments is None or any(one is None for one in texts.values()):
            columns = [SUBSCRIBER_COLUMN, "at", *(["attributes"] if attributes else [])]
            table = parquet.read_table(file, columns=columns, filters=compute.field("type") == event)
            found = to_columns(table, attributes)
            self._moments.put((file, event), found.moments)
            for name, one in found.texts.items():
                self._texts.put((file, event, name), one)
            return found
        return EventColumns(moments=moments, texts={name: one for name, one in texts.items() if one is not None})

    def _mapped(self, file: Path, event: str) -> Moments | None:
        """The arrays of a file that was prepared; None for another."""
        folder = self._folder.columns(file.name)
        if not is_finished(folder):
            return None
        moments = Moments(ids=np.zeros(0, np.uint32), at_us=np.zeros(0, np.int64))
        if (folder / f"{_digest(event)}.at").exists():
            ids, at_us = map_array(folder, f"{_digest(event)}.ids"), map_array(folder, f"{_digest(event)}.at")
            moments = Moments(ids=ids, at_us=at_us)
        self._moments.put((file, event), moments)
        return moments

    def _text(self, file: Path, event: str, name: str) -> Texts | None:
        """The attribute of a type in a file, if it is at hand or was prepared."""
        known = self._texts.get((file, event, name))
        folder = self._folder.columns(file.name)
        if known is not None or not (is_finished(folder) and is_written(folder, _digest(event, name))):
            return known
        mapped = map_column(folder, _digest(event, name))
        if mapped is None:
            return None
        texts = Texts(codes=mapped[1], names=Names(mapped[0].to_pylist()))
        self._texts.put((file, event, name), texts)
        return texts


def _digest(*texts: str) -> str:
    """A type, or one of its attributes, as the name of a file: they may be any text."""
    return ".".join(sha256(one.encode()).hexdigest()[:32] for one in texts)


def to_columns(table: pa.Table, attributes: Sequence[str]) -> EventColumns:
    """Events of one type, in any order, as arrays by rising subscriber."""
    table = table.combine_chunks()
    ids = table[SUBSCRIBER_COLUMN].to_numpy().astype(np.uint32, copy=False)
    at_us = table["at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    found = EventColumns(
        moments=Moments(ids=ids, at_us=at_us),
        texts={name: _texts(table["attributes"], name) for name in attributes},
    )
    return found if bool((ids[:-1] <= ids[1:]).all()) else found.taken(np.argsort(ids, kind="stable"))


def _texts(column: pa.ChunkedArray, name: str) -> Texts:
    maps = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    offsets = maps.offsets.to_numpy()
    # The keys and items of the whole buffer: the map's own may begin and end within it.
    entries = np.flatnonzero(compute.equal(maps.keys, name).to_numpy(zero_copy_only=False))
    entries = entries[(entries >= offsets[0]) & (entries < offsets[-1])] if len(offsets) else entries
    coded = maps.items.take(pa.array(entries)).dictionary_encode()
    codes = np.full(len(maps), -1, np.int32)
    codes[np.searchsorted(offsets, entries, side="right") - 1] = coded.indices.fill_null(-1).to_numpy()
    return Texts(codes=codes, names=Names(coded.dictionary.to_pylist()))
