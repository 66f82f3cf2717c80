"""The operations console: pages for people, on the gateway's own peers; other code uses mount_console and PeersBackend."""

from carillon_gateway.console.backend import PeersBackend
from carillon_gateway.console.page import mount_console

__all__ = ["PeersBackend", "mount_console"]
