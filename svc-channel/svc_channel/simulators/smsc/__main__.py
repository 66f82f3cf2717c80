"""Runs one SMSC simulator until SIGTERM; must not do more than put its parts together."""

import sys

import uvloop

from svc_channel.domain.text.segmentation import segment_text
from svc_channel.simulators.messages.run import serve
from svc_channel.simulators.smsc.session import SmscSession
from svc_channel.simulators.smsc.settings import SmscSettings, read_settings


async def serve_smsc(settings: SmscSettings) -> None:
    """Serves one SMSC; its ready line is ``ready smsc HOST:PORT``."""
    await serve("smsc", settings, lambda exchange: SmscSession(exchange, settings), cut=segment_text, has_sessions=True)


if __name__ == "__main__":
    uvloop.run(serve_smsc(read_settings(sys.argv[1:])))
