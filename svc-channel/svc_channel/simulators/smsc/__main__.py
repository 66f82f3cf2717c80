"""Runs one SMSC simulator until SIGTERM; must not do more than put its parts together."""

import asyncio
import signal
import sys
import time

import uvloop

from svc_channel.simulators.smsc.control import serve_control
from svc_channel.simulators.smsc.exchange import Exchange
from svc_channel.simulators.smsc.journal import Journal, read_journal
from svc_channel.simulators.smsc.mailbox import restore
from svc_channel.simulators.smsc.session import SmscSession
from svc_channel.simulators.smsc.settings import SmscSettings, read_settings


async def serve(settings: SmscSettings) -> None:
    """Takes up what the journal says is owed, listens, prints ``ready smsc HOST:PORT``, ends on SIGTERM or SIGINT."""
    journal = Journal(settings.journal)
    owed, counts = restore(read_journal(settings.journal))
    exchange = Exchange(settings, journal, owed=owed, counts=counts, wall_clock=time.time)
    loop = asyncio.get_running_loop()
    # One port, one simulator: a second one must fail, not share it.
    server = await loop.create_server(
        lambda: SmscSession(exchange), settings.host, settings.port, reuse_port=False, backlog=16
    )
    control = await serve_control(settings.control, exchange) if settings.control else None
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    host, port = server.sockets[0].getsockname()[:2]
    sys.stdout.write(f"ready smsc {host}:{port}\n")
    sys.stdout.flush()
    await stop.wait()
    server.close()
    if control is not None:
        control.close()
    exchange.commit()
    exchange.close()
    journal.close()


if __name__ == "__main__":
    uvloop.run(serve(read_settings(sys.argv[1:])))
