"""Reads the functions of a rule into the tree: how often, how much, how long ago, who else; it must not measure.

Each has its own arguments, which are checked one by one, so that a refusal points at the one that is wrong.
"""

import difflib
from collections.abc import Sequence

from sqlglot import exp

from svc_segment.domain.attributes import MAX_SUGGESTIONS, AttributeType
from svc_segment.domain.event import MAX_ATTRIBUTE_NAME_LENGTH, MAX_TYPE_LENGTH
from svc_segment.domain.rules.literals import WHOLE
from svc_segment.domain.rules.places import as_written, refusal_at
from svc_segment.domain.rules.refusals import Reason, RuleText
from svc_segment.domain.rules.scope import ListColumns, Scope
from svc_segment.domain.rules.tree import Comparison, HasTag, InSegment, Literal, Operator
from svc_segment.domain.rules.windows import (
    MAX_DAYS,
    MAX_MONTHS,
    OF_ATTRIBUTE,
    OF_COLUMN,
    EventFilter,
    EventFunction,
    EventWindow,
    ListFunction,
    ListWindow,
    UsageFunction,
    UsageWindow,
)
from svc_segment.domain.tag import TAG_LEVELS

NO_EVENTS = "no_events"
IN_SEGMENT = "in_segment"
HAS_TAG = "has_tag"
EVENT_FUNCTIONS = {one.value: one for one in EventFunction}
USAGE_FUNCTIONS = {one.value: one for one in UsageFunction}
LIST_FUNCTIONS = {one.value: one for one in ListFunction}
CONDITIONS = frozenset({NO_EVENTS, IN_SEGMENT, HAS_TAG})
# Every function that a rule may call, with the way it is written.
FUNCTIONS = {
    **dict.fromkeys(("count_events", "days_with_events", NO_EVENTS), "('type', days[, 'attribute' = 'value'])"),
    **{one.value: "('type', 'attribute', days[, 'attribute' = 'value'])" for one in OF_ATTRIBUTE},
    "days_since_event": "('type'[, 'attribute' = 'value'])",
    **dict.fromkeys(USAGE_FUNCTIONS, "(measure, months)"),
    **{one.value: "('list', months[, 'column' = 'value'])" for one in ListFunction if one not in OF_COLUMN},
    **{one.value: "('list', 'column', months[, 'column' = 'value'])" for one in OF_COLUMN},
    IN_SEGMENT: "('id or name')",
    HAS_TAG: "('path'[, least confidence])",
}


class FunctionReader:
    """Reads the calls of one rule; raises InvalidInput with the place of what is wrong."""

    def __init__(self, rule: RuleText, scope: Scope) -> None:
        self._rule = rule
        self._scope = scope

    def subject(self, call: exp.Expr) -> EventWindow | UsageWindow | ListWindow:
        """A call that is a number."""
        name = str(call.this).lower()
        if name in CONDITIONS:
            raise self._refusal(
                Reason.WRONG_TYPE, call, f"{name} is a condition itself; let it stand alone or after not"
            )
        if name in LIST_FUNCTIONS:
            return self._list(call, LIST_FUNCTIONS[name])
        return self._usage(call, USAGE_FUNCTIONS[name]) if name in USAGE_FUNCTIONS else self._events(call, name)

    def condition(self, call: exp.Expr) -> Comparison | InSegment | HasTag:
        """A call that is true or false."""
        name = str(call.this).lower()
        if name == IN_SEGMENT:
            return self._in_segment(call)
        if name == HAS_TAG:
            return self._has_tag(call)
        if name == NO_EVENTS:
            none = Literal(value=0, type=AttributeType.INTEGER)
            window = self._events(call, EventFunction.COUNT.value)
            return Comparison(left=window, operator=Operator.EQUAL, right=none)
        raise self._refusal(Reason.WRONG_TYPE, call, f"{name} is a number, no condition; compare it with a value")

    def _events(self, call: exp.Expr, name: str) -> EventWindow:
        """A window over events (SEG-05, SEG-59, SEG-68)."""
        function = EVENT_FUNCTIONS[name]
        of_attribute, of_days = function in OF_ATTRIBUTE, function is not EventFunction.DAYS_SINCE
        wanted = 1 + of_attribute + of_days
        arguments = self._arguments(call, wanted, wanted + 1)
        return EventWindow(
            function=function,
            event=self._text(arguments[0], "the type of event", MAX_TYPE_LENGTH),
            attribute=self._text(arguments[1], "the attribute", MAX_ATTRIBUTE_NAME_LENGTH) if of_attribute else "",
            days=self._length(arguments[wanted - 1], "days", MAX_DAYS) if of_days else None,
            only=self._filter(arguments[wanted]) if len(arguments) > wanted else None,
        )

    def _usage(self, call: exp.Expr, function: UsageFunction) -> UsageWindow:
        """A window over months (SEG-72, SEG-74)."""
        measure, months = self._arguments(call, 2, 2)
        if not isinstance(measure, exp.Column) or measure.args.get("table"):
            raise self._refusal(Reason.WRONG_TYPE, measure, "write the measure's name without quotes")
        name = measure.name if measure.this.quoted else measure.name.lower()
        if name not in self._scope.measures:
            closest = self._scope.measures.closest(name)
            hint = f"; did you mean {' or '.join(closest)}?" if closest else "; load monthly usage that has it"
            raise self._refusal(Reason.UNKNOWN_MEASURE, measure, f"there is no measure '{name}'{hint}")
        return UsageWindow(function=function, measure=name, months=self._length(months, "months", MAX_MONTHS))

    def _list(self, call: exp.Expr, function: ListFunction) -> ListWindow:
        """A window over the rows of a list (SEG-49, SEG-50, SEG-58)."""
        of_column = function in OF_COLUMN
        wanted = 2 + of_column
        arguments = self._arguments(call, wanted, wanted + 1)
        found = self._named_list(arguments[0])
        only = self._filter(arguments[wanted]) if len(arguments) > wanted else None
        column = self._text(arguments[1], "the column", MAX_ATTRIBUTE_NAME_LENGTH) if of_column else ""
        if of_column:
            self._check_column(arguments[1], column, found)
        if only is not None:
            self._check_column(arguments[wanted], only.attribute, found)
        return ListWindow(
            function=function,
            segment_id=found.segment_id,
            months=self._length(arguments[wanted - 1], "months", MAX_MONTHS),
            column=column,
            only=only,
        )

    def _named_list(self, argument: exp.Expr) -> ListColumns:
        named = self._text(argument, "a list's name or id")
        found = self._scope.lists.get(named)
        if found is None:
            closest = difflib.get_close_matches(named, self._scope.lists, n=MAX_SUGGESTIONS)
            suggested = " or ".join(f"'{one}'" for one in closest)
            hint = f"; did you mean {suggested}?" if closest else "; load a file of kind list that has columns"
            raise self._refusal(Reason.UNKNOWN_LIST, argument, f"there is no list '{named}' with columns{hint}")
        return found

    def _check_column(self, node: exp.Expr, column: str, found: ListColumns) -> None:
        if column not in found.columns:
            has = ", ".join(sorted(found.columns))
            raise self._refusal(Reason.UNKNOWN_LIST, node, f"the list has no column '{column}'; it has {has}")

    def _in_segment(self, call: exp.Expr) -> InSegment:
        """Another segment by its id or name (SEG-36)."""
        (argument,) = self._arguments(call, 1, 1)
        named = self._text(argument, "a segment's id or name")
        segment_id = self._scope.segments.get(named)
        if segment_id is None:
            closest = self._scope.closest_segments(named)
            suggested = " or ".join(f"'{one}'" for one in closest)
            hint = f"; did you mean {suggested}?" if closest else "; make it first"
            raise self._refusal(Reason.UNKNOWN_SEGMENT, argument, f"there is no segment '{named}'{hint}")
        if segment_id in self._scope.dependents:
            raise self._refusal(
                Reason.CYCLE, argument, f"the segment '{named}' rests on this one; a circle has no members"
            )
        return InSegment(segment_id=segment_id)

    def _has_tag(self, call: exp.Expr) -> HasTag:
        """A tag by its path, and by how sure it is (SEG-30, SEG-31)."""
        arguments = self._arguments(call, 1, 2)
        path = self._text(arguments[0], "the tag's path")
        levels = path.split("/")
        if len(levels) > TAG_LEVELS or not all(level.strip() for level in levels):
            raise self._refusal(
                Reason.WRONG_TYPE, arguments[0], f"a tag has 1 to {TAG_LEVELS} levels, such as 'music/classical'"
            )
        return HasTag(path=path, least_confidence=self._confidence(arguments[1]) if len(arguments) > 1 else 0.0)

    def _arguments(self, call: exp.Expr, least: int, most: int) -> Sequence[exp.Expr]:
        name = str(call.this).lower()
        if not least <= len(call.expressions) <= most:
            raise self._refusal(Reason.WRONG_TYPE, call, f"this is written {name}{FUNCTIONS[name]}")
        return [one.unnest() for one in call.expressions]

    def _text(self, node: exp.Expr, what: str, longest: int | None = None) -> str:
        if not isinstance(node, exp.Literal) or not node.is_string:
            raise self._refusal(Reason.WRONG_TYPE, node, f"here stands {what} in quotes, not {as_written(node)}")
        text: str = node.this
        if not text.strip() or (longest is not None and len(text) > longest):
            limit = f"has 1 to {longest} characters" if longest else "is not empty"
            raise self._refusal(Reason.WRONG_TYPE, node, f"{what} {limit}")
        return text

    def _length(self, node: exp.Expr, unit: str, longest: int) -> int:
        if not isinstance(node, exp.Literal) or node.is_string or not WHOLE.fullmatch(node.this):
            raise self._refusal(
                Reason.WRONG_TYPE, node, f"here stands a whole number of {unit}, not {as_written(node)}"
            )
        # Nobody means a number of a thousand digits, and Python would not read it.
        length = int(node.this) if len(node.this) <= len(str(longest)) else longest + 1
        if not 1 <= length <= longest:
            raise self._refusal(Reason.WINDOW, node, f"a window has 1 to {longest} {unit}, not {node.this}")
        return length

    def _filter(self, node: exp.Expr) -> EventFilter:
        if not isinstance(node, exp.EQ):
            raise self._refusal(
                Reason.WRONG_TYPE, node, f"here stands 'attribute' = 'value' or nothing, not {as_written(node)}"
            )
        attribute = self._text(node.this.unnest(), "the attribute", MAX_ATTRIBUTE_NAME_LENGTH)
        value = node.expression.unnest()
        if not isinstance(value, exp.Literal) or not value.is_string:
            raise self._refusal(Reason.WRONG_TYPE, value, "an event's attributes are texts; put the value in quotes")
        return EventFilter(attribute=attribute, value=value.this)

    def _confidence(self, node: exp.Expr) -> float:
        written = node.this if isinstance(node, exp.Literal) and not node.is_string else "-1"
        confidence = float(written)
        if not 0 <= confidence <= 1:
            raise self._refusal(
                Reason.WRONG_TYPE, node, f"a confidence is a number from 0 to 1, not {as_written(node)}"
            )
        return confidence

    def _refusal(self, reason: Reason, node: exp.Expr, what: str) -> Exception:
        return refusal_at(self._rule, reason, node, what)
