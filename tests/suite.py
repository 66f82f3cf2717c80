"""A whole suite for a test: real processes, a fresh home, and the demo's own stages on the first rows of its data.

It drives the suite as the demo does, through HTTP and the simulator's control socket, and kills what a test names.
"""

import asyncio
import os
import signal
import socket
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pyarrow.parquet

from carillon_deploy.demo.campaigning import approve_campaign
from carillon_deploy.demo.dataset import ARMS, AS_OF, DICTIONARY, PARQUET, expected_figures, read_customers
from carillon_deploy.demo.loop import Loop
from carillon_deploy.demo.preparation import load_catalogue
from carillon_deploy.gateway_client import GatewayClient, open_http
from carillon_deploy.runner.layout import Layout, read_layout
from carillon_deploy.runner.simulators import SIMULATORS
from carillon_deploy.runner.suite import bring_down, bring_up
from carillon_deploy.runner.supervision import current_record
from carillon_deploy.snapshot import choose_credential, load_snapshot
from svc_channel.simulators.messages.journal import Accepted, read_journal

WAIT_SECONDS = 90.0


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@asynccontextmanager
async def running_suite(*, rows: int, extra: Mapping[str, str] | None = None) -> AsyncIterator[Loop]:
    """A suite of its own, up and healthy, and a loop over the first ``rows`` customers; taken down at the end."""
    with tempfile.TemporaryDirectory(prefix="cs", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        # PostgreSQL runs under an account of its own, which has to pass through here.
        root.chmod(0o755)
        layout = read_layout(
            {
                **os.environ,
                "CARILLON_HOME": str(root / "var"),
                "CARILLON_PORT": str(free_port()),
                **{f"CARILLON_{name.upper()}_PORT": str(free_port()) for name in SIMULATORS},
                **(extra or {}),
            }
        )
        try:
            await asyncio.to_thread(bring_up, layout, print)
            async with open_http(layout.home.url) as http:
                yield _loop(layout, http_clients(layout, http), rows, root)
        finally:
            await asyncio.to_thread(bring_down, layout.home, print)


Clients = tuple[GatewayClient, GatewayClient, GatewayClient]


def http_clients(layout: Layout, http: object) -> Clients:
    """The three people of the demo's story."""
    operator, approver, portal = (
        GatewayClient(http, choose_credential(layout.home, role))  # type: ignore[arg-type]  # an httpx client
        for role in ("branch_operator", "approver", "portal")
    )
    return operator, approver, portal


def _loop(layout: Layout, clients: Clients, rows: int, root: Path) -> Loop:
    customers = read_customers()[:rows]
    table = pyarrow.parquet.read_table(PARQUET).slice(0, rows)
    pyarrow.parquet.write_table(table, root / "customers.parquet")
    operator, approver, portal = clients
    return Loop(
        layout=layout,
        customers=customers,
        expected=expected_figures(customers),
        http=operator._http,
        operator=operator,
        approver=approver,
        portal=portal,
    )


async def prepare(loop: Loop) -> None:
    """The stages up to an approved campaign, on the loop's own customers."""
    await load_catalogue(loop)
    loaded = await load_snapshot(
        loop.operator,
        loop.home.root.parent / "customers.parquet",
        fields={"as_of": AS_OF, "kind": "subscribers"},
        dictionary=DICTIONARY,
        progress=lambda _done, _rows: None,
    )
    assert loaded.accepted == len(loop.customers), loaded
    for arm, words in ARMS.items():
        rule = f"treatment = '{words}'"
        preview = await loop.operator.post("/api/v1/segments/preview", {"rule": rule})
        assert preview["count"] == sum(customer.arm == arm for customer in loop.customers)
        segment = await loop.operator.post("/api/v1/segments", {"name": arm, "rule": rule})
        loop.segments[arm] = segment["id"]
    await approve_campaign(loop)


def kill(loop: Loop, victim: str) -> int:
    """Kills a process of the suite with SIGKILL; tells its pid. The supervisor starts it again."""
    record = current_record(loop.home)
    assert record is not None
    pid = record.processes[victim].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


async def until(what: str, reached: Callable[[], Awaitable[bool]], *, seconds: float = WAIT_SECONDS) -> None:
    """Waits until something is so; fails the test, with what was waited for, when it takes too long."""
    try:
        async with asyncio.timeout(seconds):
            while not await reached():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {seconds:.0f} s: {what}") from None


def sent_to(loop: Loop) -> Counter[str]:
    """How many messages the SMSC took for each number, by its own journal: the truth that nobody can talk away."""
    return Counter(record.destination for record in read_journal(loop.journal) if isinstance(record, Accepted))
