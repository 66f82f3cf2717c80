"""The service platform as use cases see it; says nothing of how it is reached."""

from typing import Protocol

from svc_channel.domain.platform import PlatformAnswer


class Platform(Protocol):
    """Opens services for numbers. Never raises: what is not known is a verdict too."""

    async def open(self, opening: str, *, msisdn: str, service: str) -> PlatformAnswer:
        """Opens a service under this name, once however often it is asked."""
        ...

    async def close(self, opening: str) -> PlatformAnswer:
        """Closes what was opened under this name."""
        ...

    async def query(self, opening: str) -> PlatformAnswer:
        """How it stands, and changes nothing."""
        ...
