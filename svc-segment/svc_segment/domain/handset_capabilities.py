"""What a handset can show of messages, and which attributes say so; it must not know who has which handset."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from svc_segment.domain.attributes import Attribute, Dictionary, Value

# Numbers that a handset can have; others are mistakes of the data and say nothing.
SENSIBLE_NUMBERS = range(1, 2**31)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsetCapabilities:
    """What is known of a handset (SEG-09); None, and no picture types, is what nobody knows.

    ``mms_octets`` is the largest multimedia message that it takes, ``picture_width`` and ``picture_height`` the largest
    picture that it shows in one, in pixels, ``picture_types`` the media types of those that it shows.
    """

    mms: bool | None = None
    wap_push: bool | None = None
    mms_octets: int | None = None
    picture_width: int | None = None
    picture_height: int | None = None
    picture_types: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, Value | None]) -> Self:
        """What the values say, by the names of the fields above; what makes no sense is not known."""
        return cls(
            mms=_truth(values.get("mms")),
            wap_push=_truth(values.get("wap_push")),
            mms_octets=_number(values.get("mms_octets")),
            picture_width=_number(values.get("picture_width")),
            picture_height=_number(values.get("picture_height")),
            picture_types=_types(values.get("picture_types")),
        )


def known_attributes(wanted: Mapping[str, Attribute], dictionary: Dictionary) -> dict[str, str]:
    """The names of those attributes that the dictionary has with their types, by the field that they fill."""
    return {
        field: attribute.name
        for field, attribute in wanted.items()
        if attribute.name in dictionary and dictionary[attribute.name].type is attribute.type
    }


def _truth(value: Value | None) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Value | None) -> int | None:
    return value if type(value) is int and value in SENSIBLE_NUMBERS else None


def _types(value: Value | None) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else ()
    return tuple(sorted({name.strip().lower() for name in names if name.strip()}))
