"""A running service platform simulator and signed requests to it; nothing of it is used by the product."""

import json
from typing import Any

from svc_channel.simulators.platform.book import read_openings

from .signed_process import SignedProcess

BODY = {"id": "o-1", "msisdn": "+8613800000000", "service": "CRBT"}


class PlatformProcess(SignedProcess):
    """One of its own process, with its journal."""

    name = "platform"

    def open(self, *, timeout: float = 10, **changes: Any) -> tuple[int, dict[str, Any], bool]:
        """Asks to open."""
        return self.ask("POST", "/openings", json.dumps(BODY | changes).encode(), timeout=timeout)

    def stands(self) -> dict[str, str]:
        """How each opening stands in the journal."""
        return {one.id: one.result for one in read_openings(self.journal).values()}
