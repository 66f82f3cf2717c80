"""What goes into a CMPP link and how it is refused: settings and errors; must not do I/O."""

from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final

from svc_channel.adapters.line import LineRefused
from svc_channel.domain.cmpp import commands, pdus, results
from svc_channel.domain.cmpp.texts import WideFormat, check_signature_room

# A wrong source, secret or version does not get better by trying it again, and operators lock out who tries on.
WITHOUT_CURE: Final = frozenset(
    {results.CONNECT_WRONG_SOURCE, results.CONNECT_WRONG_SECRET, results.CONNECT_VERSION_TOO_HIGH}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CmppSettings:
    """One link to one ISMG; seconds are wall time of the event loop.

    ``source`` is the service provider's id, ``service`` and the fee fields are those of the contract with the operator.
    """

    host: str
    port: int = 7890
    source: str
    secret: str = field(repr=False)
    version: int = commands.VERSION_30
    # Some ISMGs put nothing sound where they ought to prove that they know the secret too.
    checks_ismg: bool = True
    # The specification's sliding window; ISMGs close on who exceeds theirs.
    window: int = 16
    # Silence after which the ISMG is asked whether it lives.
    active_test_seconds: float = 30.0
    # T of the specification. A submit unanswered for so long is in doubt: it is not repeated on the wire, because an
    # ISMG that had it would send it twice.
    response_timeout_seconds: float = 60.0
    # N of the specification: so many active tests without a sign of life, T apart, are a dead link.
    active_test_tries: int = 3
    # For the TCP connection and the CONNECT together.
    connect_timeout_seconds: float = 10.0
    # How long an ISMG is left alone that refuses who we are.
    refused_wait_seconds: float = 30.0
    # The time zone of the ISMG: a CONNECT carries its local time.
    zone: tzinfo = commands.BEIJING
    service: str = ""
    fee_type: str = "01"
    fee_code: str = ""
    fee_user_type: int = 0
    # How texts beyond ASCII travel, and the characters that the operator's 【signature】 takes of each part.
    wide: WideFormat = WideFormat.UCS2
    signature_room: int = 0
    # Deliveries handed out and not responded to; above it the ISMG is told flow control and keeps them.
    delivery_limit: int = 10_000
    # Answers not yet received by the caller; above it submit waits, so a stuck caller cannot fill the memory.
    answer_limit: int = 10_000

    def __post_init__(self) -> None:
        if self.version not in commands.VERSIONS:
            raise ValueError("version has to be 0x20, 0x21 or 0x30")
        if not 1 <= len(self.source) <= pdus.MAXIMUM_SOURCE:
            raise ValueError("source has to be a service provider's id, 6 characters at most")
        for name in ("window", "active_test_seconds", "response_timeout_seconds", "connect_timeout_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} has to be over 0")
        if min(self.delivery_limit, self.answer_limit, self.active_test_tries) < 1:
            raise ValueError("delivery_limit, answer_limit and active_test_tries have to be at least 1")
        check_signature_room(self.signature_room)


class ConnectRefused(LineRefused):
    """The ISMG answered the CONNECT with an error: ``status``; or, status OK, it could not prove that it is ours."""

    def __init__(self, *, status: int, wait_seconds: float) -> None:
        said = f"the ISMG refused the connect: {results.connect_status_name(status)}"
        if status == results.OK:
            said = "the ISMG does not know the secret: its authenticator is wrong"
        is_without_cure = status == results.OK or status in WITHOUT_CURE
        super().__init__(said, wait_seconds=wait_seconds if is_without_cure else 0.0)
        self.status = status
