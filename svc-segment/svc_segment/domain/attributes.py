"""Says what an attribute is and which attributes stand together; it must not know where their values lie."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from carillon_chassis.errors import Conflict, InvalidInput

NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,62}")
# The number column and the ordinal are no attributes: the one never leaves the number dictionary, the other is ours.
NUMBER_COLUMN = "msisdn"
SUBSCRIBER_COLUMN = "subscriber_id"
# The day on which the life of a number's holder ended; nobody who has one is a subscriber any more.
ENDED_COLUMN = "ended_on"
RESERVED_NAMES = frozenset({NUMBER_COLUMN, SUBSCRIBER_COLUMN, ENDED_COLUMN})
# Room for 300 attributes of a city and as many again for scores and tags; more is a table of events, not attributes.
MAX_ATTRIBUTES = 1_000
# A person can weigh three names; more would be the dictionary again.
MAX_SUGGESTIONS = 3

Value = int | float | str | bool | date


class AttributeType(StrEnum):
    """The five types: 64-bit integer, double, text, boolean, calendar day."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"


class Dimension(StrEnum):
    """The five sides from which a customer is seen (SEG-02), and none of them."""

    NONE = ""
    VALUE = "value"
    CONSUMPTION = "consumption"
    PREFERENCE = "preference"
    TRAJECTORY = "trajectory"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One column of what is known of a subscriber; raises InvalidInput ATTRIBUTE_NAME."""

    name: str
    type: AttributeType
    unit: str = ""
    description: str = ""
    dimension: Dimension = Dimension.NONE

    def __post_init__(self) -> None:
        if not NAME_PATTERN.fullmatch(self.name) or self.name in RESERVED_NAMES:
            raise InvalidInput(
                reason="ATTRIBUTE_NAME",
                field=f"dictionary.{self.name}",
                detail=f"'{self.name}' can't name an attribute: use small letters, digits and _, and none of "
                f"{', '.join(sorted(RESERVED_NAMES))}",
            )


class Dictionary(Mapping[str, Attribute]):
    """The attributes that stand, by name; it never changes, ``extended_by`` makes a new one."""

    def __init__(self, attributes: Iterable[Attribute] = ()) -> None:
        self._attributes = {attribute.name: attribute for attribute in attributes}

    def __getitem__(self, name: str) -> Attribute:
        return self._attributes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._attributes)

    def __len__(self) -> int:
        return len(self._attributes)

    def closest(self, name: str) -> list[str]:
        """Gives up to three names that look like ``name``, the closest first."""
        return difflib.get_close_matches(name.lower(), self._attributes, n=MAX_SUGGESTIONS, cutoff=0.6)

    def extended_by(self, attributes: Iterable[Attribute]) -> "Dictionary":
        """Adds attributes; a type stands for ever, since rules and files rest on it.

        A known attribute may come again with its type: then its unit and description are the new ones, and so is its
        dimension, where one is said.
        Raises Conflict ATTRIBUTE_TYPE_CHANGED and InvalidInput ATTRIBUTES_TOO_MANY.
        """
        extended = dict(self._attributes)
        for attribute in attributes:
            known = self._attributes.get(attribute.name)
            if known is not None and known.type is not attribute.type:
                raise Conflict(
                    reason="ATTRIBUTE_TYPE_CHANGED",
                    field=f"dictionary.{attribute.name}",
                    detail=f"'{attribute.name}' is {known.type} and can't become {attribute.type}; "
                    "load it under a new name",
                )
            silent = known is not None and attribute.dimension is Dimension.NONE
            extended[attribute.name] = (
                replace(attribute, dimension=known.dimension) if known is not None and silent else attribute
            )
        if len(extended) > MAX_ATTRIBUTES:
            raise InvalidInput(
                reason="ATTRIBUTES_TOO_MANY",
                field="dictionary",
                detail=f"there would be {len(extended)} attributes; the limit is {MAX_ATTRIBUTES}",
            )
        return Dictionary(extended.values())
