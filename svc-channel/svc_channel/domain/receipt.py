"""A delivery receipt as far as the messages need it; must not know how it was written on the wire."""

from dataclasses import dataclass

from svc_channel.domain.message import PartState


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReceipt:
    """What became of the part with ``smsc_id`` (normalised) that went to ``msisdn`` (E.164).

    ``state`` SENT is an intermediate receipt: it ends nothing, but it proves acceptance.
    """

    smsc_id: str
    msisdn: str
    state: PartState
