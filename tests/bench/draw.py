"""Measures a whole draw beside its bound: entries booked, frozen, drawn, proved, verified; it must not touch a running suite.

Run ``python -m tests.bench.draw``, some 90 s for a million entrants. The service is a process of its own over gRPC, on a
PostgreSQL with ordinary durability; the verifier runs alone, as a stranger would run it.
"""

import asyncio
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import uvloop
from rich.console import Console
from rich.table import Table

import svc_reward.migrations
from carillon.reward.v1 import draw_pb2, draw_pb2_grpc
from carillon_chassis.client import invoke, invoke_stream, open_channel
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.migrations import migrate
from carillon_chassis.server import start_server
from carillon_chassis.testing.postgres import postgres_server
from carillon_deploy.verify import draw as verifier
from svc_reward.main import build
from svc_reward.settings import Settings
from tests.bench.ledger_postings import make_database
from tests.lone_reward import lone_environment

ENTRANTS = 1_000_000
# Issue 3: a draw among 1,000,000 entrants, on 2 cores.
MOST_SECONDS = 60.0
AWARDS = 1_000
BATCH = 10_000
CLIENTS = 4
START_SECONDS = 20.0
# A stuck run has to end by itself.
TIME_LIMIT_SECONDS = 400.0
CALL_SECONDS = 120.0
DAYS_OPEN = 1
MAKER = Identity(subject="bench", roles=frozenset({"province_admin"}))
NOTARY = Identity(subject="notary", roles=frozenset({"partner"}))
FIRST_SEED, SECOND_SEED = b"1" * 32, b"2" * 32


@dataclass(slots=True, kw_only=True)
class DrawFigures:
    """Seconds by stage; ``proof_megabytes`` is the size of the proof."""

    entrants: int
    seconds: dict[str, float] = field(default_factory=dict)
    proof_megabytes: float = 0.0
    server: str = ""

    @property
    def total_seconds(self) -> float:
        """All stages."""
        return sum(self.seconds.values())

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Takes the time of what runs inside."""
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started


class ClosingClock:
    """The machine's clock, two days ahead once a file is there: the draw closes when its entries are in."""

    def __init__(self, flag: Path) -> None:
        self._flag = flag

    def now(self) -> datetime:
        """The present moment, or that after the close."""
        return datetime.now(UTC) + timedelta(days=2 * DAYS_OPEN if self._flag.exists() else 0)


def main(entrants: int = ENTRANTS) -> DrawFigures:
    """Measures and prints. Raises TimeoutError after 400 s and RuntimeError when the proof does not hold."""
    figures = uvloop.run(measure(entrants))
    Console(width=120).print(render(figures))
    return figures


async def measure(entrants: int) -> DrawFigures:
    """Runs one draw on a server of its own."""
    figures = DrawFigures(entrants=entrants)
    with postgres_server() as server, tempfile.TemporaryDirectory(prefix="cld") as name:
        figures.server = server.way
        folder = Path(name)
        url = await make_database(server.url, "bench_draw")
        await migrate(url, svc_reward.migrations.__path__[0])
        async with asyncio.timeout(TIME_LIMIT_SECONDS), served(url, folder) as channel:
            await run_draw(draw_pb2_grpc.DrawServiceStub(channel), folder, figures)
    return figures


async def run_draw(stub: "draw_pb2_grpc.DrawServiceStub", folder: Path, figures: DrawFigures) -> None:
    """All stages in turn."""
    with acting_as(MAKER):
        created = await invoke(stub.CreateDraw, draw_pb2.CreateDrawRequest(request_id="create", plan=plan()))
        draw_id = created.draw.id
        commitment = hashlib.sha256(FIRST_SEED).digest()
        await invoke(stub.OpenDraw, draw_pb2.OpenDrawRequest(request_id="o", draw_id=draw_id, commitment=commitment))
        with figures.stage("entries booked"):
            await enter(stub, draw_id, figures.entrants)
        (folder / "closed").touch()
        with figures.stage("frozen, root computed"):
            request = draw_pb2.FreezeDrawRequest(request_id="freeze", draw_id=draw_id)
            frozen = await invoke(stub.FreezeDraw, request, timeout_seconds=CALL_SECONDS)
    if frozen.draw.entrants != figures.entrants:
        raise RuntimeError(f"{frozen.draw.entrants:,} of {figures.entrants:,} are in the root")
    with acting_as(NOTARY):
        await invoke(
            stub.ContributeSeed, draw_pb2.ContributeSeedRequest(request_id="seed", draw_id=draw_id, seed=SECOND_SEED)
        )
    with acting_as(MAKER), figures.stage(f"{AWARDS:,} winners drawn"):
        reveal = draw_pb2.RevealDrawRequest(request_id="reveal", draw_id=draw_id, seed=FIRST_SEED)
        await invoke(stub.RevealDraw, reveal, timeout_seconds=CALL_SECONDS)
    proof = folder / "proof.json"
    with figures.stage("proof written"), proof.open("wb") as file:
        request_proof = draw_pb2.GetProofRequest(draw_id=draw_id)
        async for answer in invoke_stream(stub.GetProof, request_proof, timeout_seconds=CALL_SECONDS):
            file.write(answer.piece)
    figures.proof_megabytes = proof.stat().st_size / 1e6
    with figures.stage("verified alone"):
        await asyncio.to_thread(verify, proof)


def plan() -> draw_pb2.DrawPlan:
    """One prize for every thousandth of a million."""
    message = draw_pb2.DrawPlan(name="Bench", campaign_id="bench", awards=AWARDS)
    message.prizes.add(code="seed", name="Seed packet", weight=1, stock=AWARDS)
    message.closes_at.FromDatetime(datetime.now(UTC) + timedelta(days=DAYS_OPEN))
    message.reveal_by.FromDatetime(datetime.now(UTC) + timedelta(days=4 * DAYS_OPEN))
    return message


async def enter(stub: "draw_pb2_grpc.DrawServiceStub", draw_id: str, entrants: int) -> None:
    """One ticket each, in batches, by a few clients at once."""
    batches = (range(start, min(start + BATCH, entrants + 1)) for start in range(1, entrants + 1, BATCH))

    async def client() -> None:
        for batch in batches:
            request = draw_pb2.AddEntriesRequest(
                request_id=f"batch-{batch[0]}",
                draw_id=draw_id,
                entries=[draw_pb2.DrawEntry(subscriber_id=number, source_key="subscribed:2026-10") for number in batch],
            )
            await invoke(stub.AddEntries, request, timeout_seconds=CALL_SECONDS)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def verify(proof: Path) -> None:
    """Runs the one file by a bare Python. Raises RuntimeError when the proof does not hold."""
    command = [sys.executable, "-I", "-S", str(verifier.__file__), str(proof)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CALL_SECONDS)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


@asynccontextmanager
async def served(url: str, folder: Path) -> AsyncIterator[grpc.aio.Channel]:
    """svc-reward in a process of its own, whose clock the folder's file puts forward."""
    address = f"unix:{folder}/reward.sock"
    environment = lone_environment(url, address)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.draw", "serve", str(folder / "closed"), env=environment
    )
    channel = open_channel(address)
    try:
        await asyncio.wait_for(channel.channel_ready(), START_SECONDS)
        yield channel
    finally:
        await channel.close()
        process.terminate()
        await process.wait()


async def serve(flag: Path) -> None:
    """What the process of its own does until it is ended."""
    settings = Settings()
    server = await start_server(build(settings, clock=ClosingClock(flag)), listen=settings.listen)
    await server.wait_for_termination()


def render(figures: DrawFigures) -> Table:
    """The stages, and their sum beside the bound."""
    table = Table(
        title=f"A draw among {figures.entrants:,} entrants on {figures.server}",
        caption=f"proof of {figures.proof_megabytes:.1f} MB; over gRPC, ordinary durability",
    )
    for heading in ("stage", "seconds", f"of its bound ({MOST_SECONDS:.0f} s)"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    for stage, seconds in figures.seconds.items():
        table.add_row(stage, f"{seconds:.1f}", "")
    table.add_row("all", f"{figures.total_seconds:.1f}", f"{figures.total_seconds / MOST_SECONDS:.2f}")
    return table


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        uvloop.run(serve(Path(sys.argv[2])))
    else:
        main(*(int(count) for count in sys.argv[1:2]))
