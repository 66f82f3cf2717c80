"""The syntax tree of a checked rule: what both compilers read; it must not know SQL text nor any engine.

Every node is typed already: a literal has the type of the attribute beside it, text dates are dates,
and literals stand on the right. Nulls follow SQL: a comparison with a null is unknown, not false.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from svc_segment.domain.attributes import AttributeType, Value
from svc_segment.domain.rules.windows import EventWindow, ListWindow, UsageWindow


class Operator(StrEnum):
    """The comparisons."""

    EQUAL = "="
    NOT_EQUAL = "<>"
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="

    @property
    def mirrored(self) -> "Operator":
        """The comparison that says the same with its sides changed."""
        return MIRRORED.get(self, self)


MIRRORED = {
    Operator.LESS: Operator.GREATER,
    Operator.LESS_OR_EQUAL: Operator.GREATER_OR_EQUAL,
    Operator.GREATER: Operator.LESS,
    Operator.GREATER_OR_EQUAL: Operator.LESS_OR_EQUAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An attribute of the subscriber."""

    name: str
    type: AttributeType


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value; a fraction beside an integer attribute has the type number, all else the attribute's."""

    value: Value
    type: AttributeType


Subject = Reference | EventWindow | UsageWindow | ListWindow
Operand = Subject | Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """True for everyone or for no one."""

    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A boolean attribute that stands alone."""

    reference: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A subject beside a literal or another subject; an integer beside a number compares as a double."""

    left: Subject
    operator: Operator
    right: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Both ends belong to the range."""

    reference: Subject
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class InList:
    """A subject that equals one of the values; no value is null."""

    reference: Subject
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """A text whose whole fits the pattern: % any run, _ any one character; no escapes.

    Ignoring case folds each character by itself to its simple small letter, whatever the language.
    """

    reference: Reference
    pattern: str
    ignore_case: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull:
    """Nothing is known; never unknown itself."""

    reference: Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class InSegment:
    """Belongs to another segment as its current membership says; never unknown."""

    segment_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HasTag:
    """Carries a tag, or one beneath it, with at least this confidence; never unknown."""

    path: str
    least_confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IsTruth:
    """``IS TRUE`` or ``IS FALSE``: an unknown operand is neither."""

    operand: "Rule"
    value: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Turns true and false; unknown stays unknown."""

    operand: "Rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """False if one is false, else unknown if one is unknown, else true."""

    operands: tuple["Rule", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Or:
    """True if one is true, else unknown if one is unknown, else false."""

    operands: tuple["Rule", ...]


Leaf = Constant | Flag | Comparison | Between | InList | Like | IsNull | InSegment | HasTag
Rule = Leaf | IsTruth | Not | And | Or


def subjects_of(leaf: Leaf) -> tuple[Subject, ...]:
    """The attributes and windows that a leaf reads."""
    match leaf:
        case Comparison(left=left, right=right):
            found: tuple[Operand, ...] = (left, right)
        case Between(reference=reference, low=low, high=high):
            found = (reference, low, high)
        case Flag(reference=reference) | InList(reference=reference) | Like(reference=reference):
            found = (reference,)
        case IsNull(reference=subject):
            found = (subject,)
        case Constant() | InSegment() | HasTag():
            found = ()
    return tuple(one for one in found if not isinstance(one, Literal))


def subject_of(leaf: Leaf) -> Subject | None:
    """The one attribute or window that a leaf is about; None for one that is about several or none."""
    found = set(subjects_of(leaf))
    return found.pop() if len(found) == 1 else None


def leaves_of(rule: Rule) -> Iterator[Leaf]:
    """The conditions of a rule that hold no other, in their order."""
    match rule:
        case And(operands=operands) | Or(operands=operands):
            for one in operands:
                yield from leaves_of(one)
        case Not(operand=operand) | IsTruth(operand=operand):
            yield from leaves_of(operand)
        case _:
            yield rule
