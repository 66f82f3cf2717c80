"""Measures robots: people who write commands, keys of the menu and questions at once, each until its answer is kept.

Run ``python -m tests.bench.robot [MESSAGES] [WRITERS]``, or call ``measure``. Messages go as the gateway sends them,
gathered to calls; HTTP before it is not measured. The services that commands go to are
stand-ins in this process; PostgreSQL has its ordinary durability, and every message is a row when its answer comes.
"""

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import grpc
import psutil
import uvloop

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon.channel.v1 import knowledge_pb2, knowledge_pb2_grpc, robot_pb2, robot_pb2_grpc
from carillon.segment.v1 import event_pb2, event_pb2_grpc
from carillon_chassis.client import invoke, open_channel
from carillon_chassis.errors import Unavailable
from carillon_chassis.identity import Identity, acting_as
from carillon_chassis.testing.postgres import postgres_server
from carillon_gateway.robot_gathering import RobotGathering
from tests.bench.channel_process import channel_database, channel_service, cpu_seconds

MESSAGES = 20_000
WRITERS = 200
# What the channels must hold on two cores, a second; the source asks for as many a minute (CHN-20).
BOUND = 2_000
ENTRIES = 1_000
START_SECONDS = 60.0
ADMIN = Identity(subject="bench", roles=frozenset({"province_admin", "portal"}))
# Half of what people write are keys, a quarter commands, a quarter questions; one question in five nobody can answer.
WRITTEN = ("菜单", "5", "0", "5", "签到", "喜欢周杰伦", "请问业务{}怎么办理呢", "业务{}怎么办理")
THINGS = [
    "铃声",
    "流量",
    "漫游",
    "短信",
    "彩信",
    "套餐",
    "话费",
    "积分",
    "邮箱",
    "手机报",
    "充值",
    "主叫",
    "呼转",
    "留言",
    "游戏",
    "阅读",
    "音乐",
    "视频",
    "支付",
    "证券",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotFigures:
    """One run; milliseconds from a message's call to its answer."""

    messages: int
    writers: int
    seconds: float
    messages_per_second: float
    kinds: dict[str, int]
    median_ms: float
    p99_ms: float
    service_cpu_seconds: float
    service_megabytes: float


class Suite(catalog_pb2_grpc.CatalogServiceServicer, event_pb2_grpc.EventServiceServicer):
    """The other services: a small catalogue, and events that are taken."""

    async def ListServices(self, request: catalog_pb2.ListServicesRequest, context: Any) -> Any:
        """One service."""
        return catalog_pb2.ListServicesResponse(
            services=[catalog_pb2.Service(code="CRBT", name_zh="彩铃", name_en="Ring-back tone")]
        )

    async def RecordEvents(self, request: event_pb2.RecordEventsRequest, context: Any) -> Any:
        """All of them."""
        return event_pb2.RecordEventsResponse(accepted=len(request.events))


def measure(messages: int = MESSAGES, writers: int = WRITERS) -> RobotFigures:
    """One run. Raises Unavailable when the service does not start."""
    return uvloop.run(_measure(messages, writers))


async def _measure(messages: int, writers: int) -> RobotFigures:
    folder = Path(tempfile.mkdtemp(prefix="cbr"))
    try:
        with postgres_server() as postgres:
            database_url = await channel_database(postgres.url)
            async with _peers(folder) as peers:
                with channel_service(folder, database_url, smsc_port=1, peers=peers, LOG_LEVEL="WARNING") as service:
                    return await _talk(folder, messages, writers, service.pid)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _peers(folder: Path) -> AsyncIterator[str]:
    server = grpc.aio.server()
    suite = Suite()  # type: ignore[abstract]  # the calls that robots never make
    catalog_pb2_grpc.add_CatalogServiceServicer_to_server(suite, server)
    event_pb2_grpc.add_EventServiceServicer_to_server(suite, server)
    address = f"unix:{folder}/peers.sock"
    server.add_insecure_port(address)
    await server.start()
    try:
        yield address
    finally:
        await server.stop(0)


async def _talk(folder: Path, messages: int, writers: int, pid: int) -> RobotFigures:
    channel = open_channel(f"unix:{folder}/channel.sock")
    robots = robot_pb2_grpc.RobotServiceStub(channel)
    gathering = RobotGathering(robots)
    with acting_as(ADMIN):
        await _prepare(robots, knowledge_pb2_grpc.KnowledgeServiceStub(channel))
        numbers, kinds, took = iter(range(messages)), Counter[str](), list[float]()
        before, started = cpu_seconds(pid), time.perf_counter()
        await asyncio.gather(*(_write(gathering, numbers, kinds, took) for _ in range(writers)))
        seconds, used = time.perf_counter() - started, cpu_seconds(pid) - before
    await channel.close()
    return RobotFigures(
        messages=len(took),
        writers=writers,
        seconds=round(seconds, 2),
        messages_per_second=round(len(took) / seconds, 1),
        kinds=dict(kinds),
        median_ms=round(statistics.median(took) * 1_000, 1),
        p99_ms=round(statistics.quantiles(took, n=100)[98] * 1_000, 1),
        service_cpu_seconds=round(used, 2),
        service_megabytes=round(psutil.Process(pid).memory_info().rss / 2**20, 1),
    )


async def _prepare(robots: robot_pb2_grpc.RobotServiceStub, knowledge: knowledge_pb2_grpc.KnowledgeServiceStub) -> None:
    """One robot and a knowledge base, once the service is there; the first question loads the dictionary."""
    robot = robot_pb2.Robot(id="bench", city="guangzhou", enabled=True)
    deadline = time.perf_counter() + START_SECONDS
    while True:
        try:
            await invoke(robots.PutRobot, robot_pb2.PutRobotRequest(request_id="bench", robot=robot))
            break
        except Unavailable:
            if time.perf_counter() > deadline:
                raise
            await asyncio.sleep(0.1)
    for number in range(ENTRIES):
        thing = f"{THINGS[number % len(THINGS)]}{number}"
        entry = knowledge_pb2.KnowledgeEntry(
            audience="subscriber", question=f"业务{thing}怎么办理", answer=f"发送{number}到10086即可。"
        )
        await invoke(knowledge.PutEntry, knowledge_pb2.PutEntryRequest(request_id=str(number), entry=entry))
    await asyncio.sleep(6)
    await invoke(knowledge.AskKnowledge, knowledge_pb2.AskKnowledgeRequest(question="业务铃声0", audience="subscriber"))


async def _write(gathering: RobotGathering, numbers: Iterator[int], kinds: Counter[str], took: list[float]) -> None:
    """One writer after another, each message after the answer to the last."""
    for number in numbers:
        text = WRITTEN[number % len(WRITTEN)]
        thing = "航班" if number % 5 == 0 else f"{THINGS[number % len(THINGS)]}{number % ENTRIES}"
        saying = robot_pb2.RobotSaying(request_id=f"m-{number}", text=text.format(thing))
        setattr(saying, "from", f"+86138{number // len(WRITTEN):08d}")
        started = time.perf_counter()
        answer = await gathering.say("bench", saying)
        took.append(time.perf_counter() - started)
        kinds[answer.kind] += 1


def main(messages: int = MESSAGES, writers: int = WRITERS) -> RobotFigures:
    """Interactions a second, without HTTP; prints them as JSON beside the bound."""
    figures = measure(messages, writers)
    print(f"robot: {json.dumps(asdict(figures), ensure_ascii=False)} (at least {BOUND:,} a second)")
    return figures


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:3])).messages_per_second < BOUND)
