"""Msg_Id, the 64 bits by which an ISMG names a message; must not look anything up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from svc_channel.domain.cmpp.errors import MalformedPdu

# Fields from the highest bit down: name, width, shift. Together 64 bits.
_FIELDS: Final = (
    ("month", 4, 60),
    ("day", 5, 55),
    ("hour", 5, 50),
    ("minute", 6, 44),
    ("second", 6, 38),
    ("gateway", 22, 16),
    ("sequence", 16, 0),
)
LAST_SEQUENCE: Final = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageId:
    """When, by which gateway and as its how manieth a message was taken; ranges are those of the bits."""

    month: int
    day: int
    hour: int
    minute: int
    second: int
    gateway: int
    sequence: int

    def __post_init__(self) -> None:
        for name, width, _ in _FIELDS:
            if not 0 <= getattr(self, name) < 1 << width:
                raise MalformedPdu(reason="MESSAGE_ID_OUT_OF_RANGE", field=name, detail=f"it has {width} bits")

    @classmethod
    def at(cls, local: datetime, *, gateway: int, sequence: int) -> Self:
        """The id of a message taken at a local time."""
        return cls(
            month=local.month,
            day=local.day,
            hour=local.hour,
            minute=local.minute,
            second=local.second,
            gateway=gateway,
            sequence=sequence,
        )

    @classmethod
    def of(cls, number: int) -> Self:
        """Reads the wire's 64 bits."""
        return cls(**{name: number >> shift & (1 << width) - 1 for name, width, shift in _FIELDS})

    @property
    def number(self) -> int:
        """The wire's 64 bits."""
        return sum(getattr(self, name) << shift for name, _, shift in _FIELDS)


def id_text(number: int) -> str:
    """The form under which an id is stored and looked for: 16 hexadecimal digits."""
    return f"{number:016x}"
