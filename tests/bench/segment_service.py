"""A svc-segment in a process of its own over a synthetic operator, for benchmarks; it must not measure by itself.

``CARILLON_BENCH_SUBSCRIBERS`` says how many subscribers (12,000,000 unless it does). Their files are kept
under ``.cache/population`` by their number, since writing twelve million takes minutes.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import grpc
from pyarrow import parquet

import svc_segment.migrations
from carillon.segment.v1 import snapshot_pb2, snapshot_pb2_grpc
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.identity import Identity
from carillon_chassis.migrations import migrate
from carillon_chassis.testing.postgres import postgres_server
from carillon_deploy.population.attributes import ATTRIBUTES
from carillon_deploy.population.operator import Operator, write_operator
from tests.bench.ledger_postings import make_database

DEFAULT_SUBSCRIBERS = 12_000_000
AS_OF = date(2011, 3, 31)
KEPT = Path(".cache/population")
PIECE_BYTES = 1_048_576
START_SECONDS = 30.0
# Twelve million on a busy machine; a stuck load has to end by itself.
LOAD_SECONDS = 900.0
LOOK_SECONDS = 0.25
# How far the workers of a process of their own stand back.
NICENESS = 10
ADMIN = Identity(subject="province", roles=frozenset({"province_admin"}))
ENDED = {snapshot_pb2.SNAPSHOT_STATE_LOADED, snapshot_pb2.SNAPSHOT_STATE_FAILED}
TYPES = {
    "integer": snapshot_pb2.ATTRIBUTE_TYPE_INTEGER,
    "number": snapshot_pb2.ATTRIBUTE_TYPE_NUMBER,
    "text": snapshot_pb2.ATTRIBUTE_TYPE_TEXT,
    "boolean": snapshot_pb2.ATTRIBUTE_TYPE_BOOLEAN,
    "date": snapshot_pb2.ATTRIBUTE_TYPE_DATE,
}


@dataclass(slots=True, kw_only=True)
class Served:
    """The running service, one process or two; ``folder`` has the operator's files, ``file`` whom it has loaded."""

    channel: grpc.aio.Channel
    url: str
    folder: Path
    file: Path
    subscribers: int
    pid: int
    worker_pid: int | None = None
    load_seconds: float = 0.0

    @property
    def peak_mb(self) -> float:
        """The highest resident memory since the start, or since it was forgotten, of both processes together."""
        return sum(_high_water_kb(pid) for pid in self._pids) / 1024

    def forget_peak(self) -> None:
        """Lets the highest memory begin anew at what is taken now."""
        for pid in self._pids:
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    @property
    def _pids(self) -> list[int]:
        return [self.pid, *([self.worker_pid] if self.worker_pid else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A Parquet file to load, and what its upload says."""

    name: str
    path: Path
    kind: str = "subscribers"
    month: str = ""
    list_name: str = ""
    dictionary: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def bench_subscribers() -> int:
    """How many subscribers a benchmark of segmentation has."""
    return int(os.environ.get("CARILLON_BENCH_SUBSCRIBERS", DEFAULT_SUBSCRIBERS))


def operator_files(subscribers: int) -> Path:
    """The folder of an operator of so many subscribers, written when it is not there yet or has other attributes."""
    folder = KEPT / str(subscribers)
    if not (folder / "manifest.json").exists() or not _has_all_attributes(folder):
        shutil.rmtree(folder, ignore_errors=True)
        operator = Operator(subscribers=subscribers, seed=1, as_of=AS_OF)
        write_operator(operator, folder, threads=2, advance=lambda _rows: None)
    return folder


def _has_all_attributes(folder: Path) -> bool:
    return list(json.loads((folder / "dictionary.json").read_text())) == [column.name for column in ATTRIBUTES]


@asynccontextmanager
async def served(subscribers: int, *, load: bool = True, apart: bool = False, **settings: str) -> AsyncIterator[Served]:
    """svc-segment and, unless told otherwise, the subscribers loaded; PostgreSQL keeps its durability.

    Its workers are in the same process or, ``apart``, in one of their own that gives way, as an operator of millions
    has them.
    """
    folder = await asyncio.to_thread(operator_files, subscribers)
    with postgres_server() as server, tempfile.TemporaryDirectory(prefix="csb") as place:
        url = await make_database(server.url, "bench_segment")
        await migrate(url, svc_segment.migrations.__path__[0])
        address = f"unix:{place}/segment.sock"
        environment = {
            "PATH": os.environ["PATH"],
            "CARILLON_SEGMENT_DATABASE_URL": url,
            "CARILLON_SEGMENT_LISTEN": address,
            "CARILLON_SEGMENT_DATA_DIR": f"{place}/data",
            "CARILLON_SEGMENT_EMBEDDED_WORKER": str(not apart),
            **{f"CARILLON_SEGMENT_{name}": value for name, value in settings.items()},
        }
        if "PYTHONPATH" in os.environ:
            environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
        service = [sys.executable, "-m", "svc_segment"]
        processes = [await asyncio.create_subprocess_exec(*service, "serve", env=environment)]
        if apart:
            aside = environment | {"CARILLON_SEGMENT_LISTEN": f"unix:{place}/worker.sock"}
            nice = ("nice", "-n", str(NICENESS))
            processes.append(await asyncio.create_subprocess_exec(*nice, *service, "worker", env=aside))
        channel = open_channel(address)
        one = Served(
            channel=channel,
            url=url,
            folder=folder,
            file=folder / "subscribers.parquet",
            subscribers=subscribers,
            pid=processes[0].pid,
        )
        one.worker_pid = processes[1].pid if apart else None
        try:
            await asyncio.wait_for(channel.channel_ready(), START_SECONDS)
            if load:
                one.load_seconds = await load_subscribers(one)
            yield one
        finally:
            await channel.close()
            for process in processes:
                process.terminate()
            for process in processes:
                await process.wait()


async def load_subscribers(one: Served) -> float:
    """Uploads the subscribers and gives the seconds until they are loaded; raises RuntimeError when one is not in."""
    said = json.loads((one.folder / "dictionary.json").read_text())
    began = time.perf_counter()
    await load_file(one, File(name="load", path=one.folder / "subscribers.parquet", dictionary=said))
    return time.perf_counter() - began


async def load_file(one: Served, file: File) -> int:
    """Uploads a file and gives its rows once they are loaded; raises RuntimeError when one is not in."""
    header = snapshot_pb2.SnapshotHeader(
        request_id=file.name,
        as_of=AS_OF.isoformat(),
        kind=file.kind,
        month=file.month,
        name=file.list_name,
        file_name=file.path.name,
        dictionary=[
            snapshot_pb2.Attribute(name=name, type=TYPES[how["type"]]) for name, how in file.dictionary.items()
        ],
    )
    with file.path.open("rb") as opened:
        snapshot = await _upload(one, header, iter(lambda: opened.read(PIECE_BYTES), b""))
    rows = int(parquet.read_metadata(file.path).num_rows)
    if snapshot.state != snapshot_pb2.SNAPSHOT_STATE_LOADED or snapshot.accepted != rows or snapshot.strangers:
        told = snapshot.problem or snapshot.notice
        raise RuntimeError(f"{file.name}: {snapshot.accepted:,} of {rows:,} loaded: {told}")
    return rows


async def load_little(one: Served) -> None:
    """A snapshot of one subscriber and the first attribute, loaded: everything is behind it and is rebuilt."""
    rows = parquet.ParquetFile(one.folder / "subscribers.parquet")
    name = next(column for column in rows.schema_arrow.names if column != "msisdn")
    first = next(rows.iter_batches(batch_size=1, columns=["msisdn", name])).to_pylist()[0]
    content = f"msisdn,{name}\n" + ",".join("" if value is None else str(value) for value in first.values()) + "\n"
    header = snapshot_pb2.SnapshotHeader(
        request_id="little", as_of="2011-04-30", kind="subscribers", file_name="little.csv"
    )
    snapshot = await _upload(one, header, [content.encode()])
    if snapshot.state == snapshot_pb2.SNAPSHOT_STATE_FAILED:
        raise RuntimeError(snapshot.problem)


async def _upload(one: Served, header: snapshot_pb2.SnapshotHeader, pieces: Iterable[bytes]) -> snapshot_pb2.Snapshot:
    """Uploads a file and waits until its load has ended, well or not."""

    async def parts() -> AsyncIterator[snapshot_pb2.UploadSnapshotRequest]:
        yield snapshot_pb2.UploadSnapshotRequest(header=header)
        for piece in pieces:
            yield snapshot_pb2.UploadSnapshotRequest(piece=piece)

    stub = snapshot_pb2_grpc.SnapshotServiceStub(one.channel)
    snapshot = (await invoke(stub.UploadSnapshot, parts(), timeout_seconds=LOAD_SECONDS)).snapshot
    async with asyncio.timeout(LOAD_SECONDS):
        while snapshot.state not in ENDED:
            await asyncio.sleep(LOOK_SECONDS)
            snapshot = (await invoke(stub.GetSnapshot, snapshot_pb2.GetSnapshotRequest(id=snapshot.id))).snapshot
    return snapshot


def _high_water_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
