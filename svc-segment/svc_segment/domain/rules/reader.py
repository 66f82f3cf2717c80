"""Reads the text of a rule into our own tree: parsed by sqlglot, let through node by node, typed by the dictionary.

It must not evaluate anything. A node that is not named here is refused, so a new construct of the parser
stays shut until somebody opens it.
"""

from collections.abc import Callable, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from svc_segment.domain.attributes import AttributeType, Dictionary
from svc_segment.domain.rules.functions import FunctionReader
from svc_segment.domain.rules.literals import is_literal, read_literal
from svc_segment.domain.rules.places import as_written, offset_of, refusal_at
from svc_segment.domain.rules.refusals import Reason, RuleText
from svc_segment.domain.rules.scope import Scope
from svc_segment.domain.rules.tree import (
    And,
    Between,
    Comparison,
    Constant,
    Flag,
    InList,
    IsNull,
    IsTruth,
    Like,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Reference,
    Rule,
    Subject,
)
from svc_segment.domain.rules.vocabulary import check_words

NUMERIC = frozenset({AttributeType.INTEGER, AttributeType.NUMBER})
OPERATORS: Mapping[type[exp.Expr], Operator] = {
    exp.EQ: Operator.EQUAL,
    exp.NEQ: Operator.NOT_EQUAL,
    exp.LT: Operator.LESS,
    exp.LTE: Operator.LESS_OR_EQUAL,
    exp.GT: Operator.GREATER,
    exp.GTE: Operator.GREATER_OR_EQUAL,
}
# A list longer than this is a static list of subscribers, not a rule.
MAX_LIST_VALUES = 1_000
# A rule that names attributes alone.
NO_MORE_NAMES = Scope()


def read_rule(text: str, dictionary: Dictionary, scope: Scope = NO_MORE_NAMES) -> Rule:
    """Checks a SQL boolean expression and gives its tree (SEG-68, SEG-73, SEG-74).

    Raises InvalidInput with the place in detail and metadata: RULE_SYNTAX, RULE_WRONG_TYPE, RULE_FORBIDDEN (what the
    white list does not have), RULE_TWO_STATEMENTS, RULE_WINDOW (too short or too long), RULE_CYCLE, and with the
    closest names RULE_UNKNOWN_ATTRIBUTE, RULE_UNKNOWN_MEASURE and RULE_UNKNOWN_SEGMENT.
    """
    rule = RuleText(text=text)
    check_words(rule, {*dictionary, *scope.measures})
    reader = _Reader(rule, dictionary, FunctionReader(rule, scope))
    try:
        return reader.predicate(_parsed(rule))
    except RecursionError as error:
        raise rule.refusal(Reason.SYNTAX, 0, "the rule is nested too deep; split it") from error


def _parsed(rule: RuleText) -> exp.Expr:
    try:
        parsed = sqlglot.parse(rule.text, dialect="postgres")[0]
    except ParseError as error:
        place = error.errors[0] if error.errors else {}
        word = str(place.get("highlight") or "")
        # The parser tells where the word ends.
        offset = rule.offset_of(place.get("line") or 1, (place.get("col") or 1) - len(word) + 1)
        raise rule.refusal(
            Reason.SYNTAX,
            offset,
            f"something is missing or too much at '{word}': a rule reads like spend > 10 and visit",
        ) from error
    if parsed is None:
        raise rule.refusal(Reason.SYNTAX, 0, "the rule is empty; 'true' means everyone")
    if isinstance(parsed, exp.Alias):
        # The grammar takes a name after an expression for its alias.
        offset = parsed.args["alias"].meta.get("start", 0)
        raise rule.refusal(Reason.SYNTAX, offset, f"something is missing before '{parsed.alias}', such as and")
    return parsed


class _Reader:
    """Walks one parsed rule; each method gives a node of the tree or refuses."""

    def __init__(self, rule: RuleText, dictionary: Dictionary, functions: FunctionReader) -> None:
        self._rule = rule
        self._dictionary = dictionary
        self._functions = functions
        self._readers: Mapping[type[exp.Expr], Callable[[exp.Expr], Rule]] = {
            exp.And: lambda node: And(operands=tuple(self.predicate(one) for one in _chain(node))),
            exp.Or: lambda node: Or(operands=tuple(self.predicate(one) for one in _chain(node))),
            exp.Not: lambda node: Not(operand=self.predicate(node.this)),
            exp.Paren: lambda node: self.predicate(node.this),
            exp.Boolean: lambda node: Constant(value=bool(node.this)),
            exp.Column: self._flag,
            exp.Anonymous: functions.condition,
            exp.Between: self._between,
            exp.In: self._in_list,
            exp.Is: self._is,
            exp.Like: self._like,
            exp.ILike: self._like,
            **dict.fromkeys(OPERATORS, self._comparison),
        }

    def predicate(self, node: exp.Expr) -> Rule:
        """A node that is true, false or unknown."""
        read = self._readers.get(type(node))
        if read is not None:
            return read(node)
        if is_literal(node):
            raise self._refusal(Reason.WRONG_TYPE, node, f"{as_written(node)} is neither true nor false; compare it")
        raise self._refusal(Reason.FORBIDDEN, node, f"this is not allowed in a rule: {as_written(node)}")

    def _flag(self, node: exp.Expr) -> Rule:
        reference = self._reference(node)
        if reference.type is not AttributeType.BOOLEAN:
            raise self._refusal(
                Reason.WRONG_TYPE,
                node,
                f"'{reference.name}' is {reference.type}, no condition; compare it with a value",
            )
        return Flag(reference=reference)

    def _comparison(self, node: exp.Expr) -> Rule:
        operator = OPERATORS[type(node)]
        left, right = _bare(node.this), _bare(node.expression)
        if is_literal(left) and isinstance(right, exp.Column | exp.Anonymous):
            left, right, operator = right, left, operator.mirrored
        reference = self._subject(left)
        if reference.type is AttributeType.BOOLEAN and operator not in {Operator.EQUAL, Operator.NOT_EQUAL}:
            raise self._refusal(Reason.WRONG_TYPE, node, f"'{reference.name}' is boolean: it equals or it does not")
        return Comparison(left=reference, operator=operator, right=self._operand(right, reference))

    def _between(self, node: exp.Expr) -> Rule:
        reference = self._subject(node.this)
        if node.args.get("symmetric"):
            raise self._refusal(Reason.FORBIDDEN, node, "write the lower end first, without symmetric")
        if reference.type is AttributeType.BOOLEAN:
            raise self._refusal(Reason.WRONG_TYPE, node, f"'{reference.name}' is boolean and has no range")
        low = self._operand(_bare(node.args["low"]), reference)
        high = self._operand(_bare(node.args["high"]), reference)
        return Between(reference=reference, low=low, high=high)

    def _in_list(self, node: exp.Expr) -> Rule:
        reference = self._subject(node.this)
        if any(node.args.get(part) for part in ("query", "unnest", "field")):
            raise self._refusal(Reason.FORBIDDEN, node, "a list is written in brackets: in ('a', 'b')")
        if len(node.expressions) > MAX_LIST_VALUES:
            raise self._refusal(Reason.FORBIDDEN, node, f"a list has at most {MAX_LIST_VALUES} values")
        return InList(reference=reference, values=tuple(self._literal(one, reference) for one in node.expressions))

    def _is(self, node: exp.Expr) -> Rule:
        tested = node.expression
        if isinstance(tested, exp.Null):
            found: Rule = IsNull(reference=self._subject(node.this))
        elif isinstance(tested, exp.Boolean):
            found = IsTruth(operand=self.predicate(node.this), value=bool(tested.this))
        else:
            raise self._refusal(Reason.FORBIDDEN, tested, "after is stands null, true or false")
        return Not(operand=found) if node.args.get("negate") else found

    def _like(self, node: exp.Expr) -> Rule:
        reference = self._subject(node.this)
        pattern = _bare(node.expression)
        if reference.type is not AttributeType.TEXT or not isinstance(reference, Reference):
            raise self._refusal(Reason.WRONG_TYPE, node, f"'{reference.name}' is {reference.type}; like is for texts")
        text = self._literal(pattern, reference).value
        if "\\" in str(text):
            raise self._refusal(Reason.FORBIDDEN, pattern, "a pattern has no escapes: leave the backslash out")
        found = Like(reference=reference, pattern=str(text), ignore_case=isinstance(node, exp.ILike))
        return Not(operand=found) if node.args.get("negate") else found

    def _operand(self, node: exp.Expr, beside: Subject) -> Operand:
        if not isinstance(node, exp.Column | exp.Anonymous):
            return self._literal(node, beside)
        other = self._subject(node)
        if other.type is not beside.type and not {other.type, beside.type} <= NUMERIC:
            raise self._refusal(
                Reason.WRONG_TYPE,
                node,
                f"'{beside.name}' is {beside.type} and '{other.name}' is {other.type}; they can't be compared",
            )
        return other

    def _literal(self, node: exp.Expr, beside: Subject) -> Literal:
        if isinstance(node, exp.Null):
            raise self._refusal(Reason.WRONG_TYPE, node, f"nothing equals null; write {beside.name} is null")
        if not is_literal(node):
            raise self._refusal(Reason.FORBIDDEN, node, f"here stands a value, not {as_written(node)}")
        return read_literal(self._rule, node, offset_of(node), beside)

    def _subject(self, node: exp.Expr) -> Subject:
        node = _bare(node)
        return self._functions.subject(node) if isinstance(node, exp.Anonymous) else self._reference(node)

    def _reference(self, node: exp.Expr) -> Reference:
        node = _bare(node)
        if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier) or node.args.get("table"):
            raise self._refusal(Reason.FORBIDDEN, node, f"here stands an attribute, not {as_written(node)}")
        name = node.name if node.this.quoted else node.name.lower()
        attribute = self._dictionary.get(name)
        if attribute is None:
            closest = self._dictionary.closest(name)
            hint = f"; did you mean {' or '.join(closest)}?" if closest else "; GET /attributes lists what there is"
            raise self._refusal(Reason.UNKNOWN_ATTRIBUTE, node, f"there is no attribute '{name}'{hint}")
        return Reference(name=name, type=attribute.type)

    def _refusal(self, reason: Reason, node: exp.Expr, what: str) -> Exception:
        return refusal_at(self._rule, reason, node, what)


def _chain(node: exp.Expr) -> list[exp.Expr]:
    """The operands of a run of ands, or of ors; the parser nests them to the left, however many."""
    kind = type(node)
    operands: list[exp.Expr] = []
    while isinstance(node, kind):
        operands.append(node.expression)
        node = node.this
    return [node, *reversed(operands)]


def _bare(node: exp.Expr) -> exp.Expr:
    return node.unnest()
