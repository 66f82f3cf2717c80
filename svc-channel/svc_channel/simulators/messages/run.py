"""Runs one simulator of short messages until SIGTERM; must not know which protocol its sessions speak."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable

from svc_channel.simulators.messages.control import serve_control
from svc_channel.simulators.messages.exchange import Cut, Exchange
from svc_channel.simulators.messages.journal import Journal, read_journal
from svc_channel.simulators.messages.mailbox import restore
from svc_channel.simulators.messages.settings import SimulatorSettings


async def serve(
    name: str,
    settings: SimulatorSettings,
    new_session: Callable[[Exchange], asyncio.Protocol],
    *,
    cut: Cut,
    has_sessions: bool = False,
) -> None:
    """Takes up what the journal says is owed, listens, prints ``ready NAME HOST:PORT``, ends on SIGTERM or SIGINT."""
    journal = Journal(settings.journal)
    owed, counts = restore(read_journal(settings.journal))
    exchange = Exchange(
        settings, journal, owed=owed, counts=counts, wall_clock=time.time, cut=cut, has_sessions=has_sessions
    )
    loop = asyncio.get_running_loop()
    # One port, one simulator: a second one must fail, not share it.
    server = await loop.create_server(
        lambda: new_session(exchange), settings.host, settings.port, reuse_port=False, backlog=16
    )
    control = await serve_control(settings.control, exchange) if settings.control else None
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    host, port = server.sockets[0].getsockname()[:2]
    sys.stdout.write(f"ready {name} {host}:{port}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()
    if control is not None:
        control.close()
    exchange.commit()
    exchange.close()
    journal.close()
