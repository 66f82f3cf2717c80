"""A request that a line's peer made of us, and what it is answered; must not know who serves it or what it says."""

from collections.abc import Mapping
from dataclasses import dataclass

from carillon_chassis.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequest:
    """One HTTP request; ``headers`` by lower-case name."""

    content_type: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAnswer:
    """What the peer is told: a 2xx says that we keep it. Only a ``proven`` one came from the line's peer for certain."""

    status: int
    content_type: str = "text/plain"
    body: bytes = b""
    proven: bool = True


def line_unknown(line: str, protocol: str) -> NotFound:
    """The refusal of a request for a line that there is not."""
    return NotFound(reason="LINE_UNKNOWN", field="line", detail=f"no line {line} speaks {protocol}")
