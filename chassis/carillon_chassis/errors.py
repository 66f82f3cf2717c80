"""The small tree of errors that domains raise; it must know neither gRPC nor HTTP.

A reason is API: stable, upper case, what programs switch on. The detail is for people: what is wrong
and what to do about it. The wire module maps each class to a status, the gateway maps that to a problem.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One field of the input that broke one rule."""

    field: str
    rule: str
    detail: str


@dataclass(slots=True, kw_only=True, eq=False)
class DomainError(Exception):
    """What a use case refuses, with a stable reason, the field at fault and what to do."""

    reason: str
    detail: str
    field: str = ""
    metadata: Mapping[str, str] = dataclass_field(default_factory=dict)
    violations: Sequence[Violation] = ()

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class InvalidInput(DomainError):
    """The input can never be right, whatever the state."""


class NotFound(DomainError):
    """What the input names does not exist, or not for this caller."""


class Conflict(DomainError):
    """The name or the key stands already, with other content."""


class StateRefused(DomainError):
    """The input is right but the state does not allow it now."""


class PermissionRefused(DomainError):
    """The caller may not do this."""


class LimitExceeded(DomainError):
    """A limit is reached; trying later or with less may work."""


class Unavailable(DomainError):
    """A peer, a database or a link is away; the same call may work later."""
