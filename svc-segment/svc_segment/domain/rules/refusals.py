"""Words the refusal of a rule with the place in its text; it must not decide what is refused."""

from dataclasses import dataclass
from enum import StrEnum

from carillon_chassis.errors import InvalidInput


class Reason(StrEnum):
    """Why a rule is refused; the names are API."""

    SYNTAX = "RULE_SYNTAX"
    UNKNOWN_ATTRIBUTE = "RULE_UNKNOWN_ATTRIBUTE"
    UNKNOWN_MEASURE = "RULE_UNKNOWN_MEASURE"
    UNKNOWN_SEGMENT = "RULE_UNKNOWN_SEGMENT"
    UNKNOWN_LIST = "RULE_UNKNOWN_LIST"
    CYCLE = "RULE_CYCLE"
    WINDOW = "RULE_WINDOW"
    WRONG_TYPE = "RULE_WRONG_TYPE"
    FORBIDDEN = "RULE_FORBIDDEN"
    TWO_STATEMENTS = "RULE_TWO_STATEMENTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """The text as it was written, to find lines and columns in."""

    text: str

    def refusal(self, reason: Reason, offset: int, what: str) -> InvalidInput:
        """The error for what stands at ``offset`` (from 0); line and column count from 1, in characters.

        Its metadata has ``line``, ``column`` and ``position``, which is ``line:column``.
        """
        before = self.text[: max(offset, 0)]
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        return InvalidInput(
            reason=reason.value,
            field="rule",
            detail=f"line {line}, column {column}: {what}",
            metadata={"line": str(line), "column": str(column), "position": f"{line}:{column}"},
        )

    def offset_of(self, line: int, column: int) -> int:
        """The offset of a place whose line and column count from 1."""
        lines = self.text.split("\n")
        return sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
