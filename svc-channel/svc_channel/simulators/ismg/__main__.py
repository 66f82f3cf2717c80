"""Runs one ISMG simulator until SIGTERM; must not do more than put its parts together."""

import sys

import uvloop

from svc_channel.simulators.ismg.deliveries import cut_inbound
from svc_channel.simulators.ismg.session import IsmgSession
from svc_channel.simulators.ismg.settings import IsmgSettings, read_settings
from svc_channel.simulators.messages.run import serve


async def serve_ismg(settings: IsmgSettings) -> None:
    """Serves one ISMG; its ready line is ``ready ismg HOST:PORT``."""
    await serve("ismg", settings, lambda exchange: IsmgSession(exchange, settings), cut=cut_inbound)


if __name__ == "__main__":
    uvloop.run(serve_ismg(read_settings(sys.argv[1:])))
