"""The catalogue's touch points, read anew now and then; sells at none."""

from collections.abc import Callable, Mapping
from typing import Final

import grpc

from carillon.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from carillon_chassis.client import invoke

TIMEOUT_SECONDS: Final = 5.0
# They are the inventory's, which changes with releases; a new name is known after so long.
FRESH_SECONDS: Final = 60.0


class Touchpoints:
    """All of them by code."""

    def __init__(self, channel: grpc.aio.Channel, *, monotonic: Callable[[], float]) -> None:
        self._stub = catalog_pb2_grpc.CatalogServiceStub(channel)
        self._monotonic = monotonic
        self._known: Mapping[str, catalog_pb2.Channel] = {}
        self._read_at = float("-inf")

    async def read(self, *, at_once: bool = False) -> Mapping[str, catalog_pb2.Channel]:
        """As they are, or were a minute ago unless ``at_once``. Raises Unavailable when the catalogue is away."""
        if at_once or not self._is_fresh():
            now = self._monotonic()
            request = catalog_pb2.ListChannelsRequest()
            answer = await invoke(self._stub.ListChannels, request, timeout_seconds=TIMEOUT_SECONDS)
            self._known = {one.code: one for one in answer.channels}
            self._read_at = now
        return self._known

    async def find(self, named: str) -> str | None:
        """The code of one that is called so, in any case; asked for at once where nobody knows it. Raises Unavailable."""
        code = _find(self._known, named) if self._is_fresh() else None
        return _find(await self.read(at_once=True), named) if code is None else code

    def _is_fresh(self) -> bool:
        return self._monotonic() - self._read_at < FRESH_SECONDS


def _find(known: Mapping[str, catalog_pb2.Channel], named: str) -> str | None:
    wanted = named.lower()
    return next((one.code for one in known.values() if wanted in {one.code.lower(), *one.spellings}), None)
