"""What goes into and comes out of an SMPP link: its settings, answers, deliveries and errors; must not do I/O."""

from dataclasses import dataclass, field
from typing import Generic

from svc_channel.adapters.line import LineRefused, LinkLost, Token
from svc_channel.domain.smpp import commands, statuses
from svc_channel.domain.smpp.pdus import INTERFACE_VERSION, DeliverSm

__all__ = ["BindRefused", "Delivery", "LinkLost", "LinkSettings", "Received", "SubmitAnswer", "Token"]

WRONG_CREDENTIALS = frozenset({statuses.INVALID_PASSWORD, statuses.INVALID_SYSTEM_ID})
# Only a person can put these right, and some networks lock an account that keeps trying.
CREDENTIALS_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """One link to one SMSC; seconds are wall time of the event loop."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    address_range: str = ""
    # bind_transceiver, or bind_transmitter or bind_receiver for one of a pair.
    bind: int = commands.BIND_TRANSCEIVER
    interface_version: int = INTERFACE_VERSION
    # Submits on the wire without an answer; most SMSCs allow 10 to 100.
    window: int = 100
    # Silence after which the peer is asked whether it lives.
    enquire_link_seconds: float = 30.0
    # A submit unanswered for so long is in doubt; an enquire_link unanswered for so long is a dead link.
    response_timeout_seconds: float = 30.0
    # For the TCP connection and the bind together.
    bind_timeout_seconds: float = 10.0
    # Deliveries handed out and not responded to; above it the SMSC is told MESSAGE_QUEUE_FULL and keeps them.
    delivery_limit: int = 10_000
    # Answers not yet received by the caller; above it submit waits, so a stuck caller cannot fill the memory.
    answer_limit: int = 10_000

    def __post_init__(self) -> None:
        for name in ("window", "enquire_link_seconds", "response_timeout_seconds", "bind_timeout_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} has to be over 0")
        if self.delivery_limit < 1 or self.answer_limit < 1:
            raise ValueError("delivery_limit and answer_limit have to be at least 1")


@dataclass(frozen=True, slots=True)
class SubmitAnswer(Generic[Token]):
    """What the SMSC said to one submit.

    ``status`` is the SMPP status, None when no answer came within response_timeout_seconds: that submit is in doubt.
    """

    token: Token
    status: int | None
    message_id: str = ""

    @property
    def accepted(self) -> bool:
        """The SMSC took it and will send its receipt under ``message_id``."""
        return self.status == statuses.OK

    @property
    def throttled(self) -> bool:
        """The SMSC took nothing (0x58 or 0x14): slow down and submit this one again."""
        return self.status in statuses.THROTTLING

    @property
    def in_doubt(self) -> bool:
        """Nobody knows whether the SMSC took it."""
        return self.status is None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A deliver_sm that waits for ``SmppLink.respond``: a receipt or an MO (``message.is_receipt``)."""

    sequence: int
    message: DeliverSm


@dataclass(frozen=True, slots=True)
class Received(Generic[Token]):
    """Everything that came since the last receive, in the order of the wire within each list.

    Book the answers before the deliveries: a receipt then always finds its message.
    """

    answers: list[SubmitAnswer[Token]]
    deliveries: list[Delivery]


class BindRefused(LineRefused):
    """The SMSC answered the bind with an error: ``status``; wrong credentials do not get better by trying again."""

    def __init__(self, *, status: int) -> None:
        wait_seconds = CREDENTIALS_WAIT_SECONDS if status in WRONG_CREDENTIALS else 0.0
        super().__init__(f"the SMSC refused the bind: {statuses.status_name(status)}", wait_seconds=wait_seconds)
        self.status = status
