"""Random texts of rules over ten columns, two of each type, and random rows for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hypothesis import strategies as st

from svc_segment.domain.attributes import Attribute, AttributeType, Dictionary, Value
from svc_segment.domain.rules.closure import Row

TYPES = {
    "i": AttributeType.INTEGER,
    "n": AttributeType.NUMBER,
    "t": AttributeType.TEXT,
    "b": AttributeType.BOOLEAN,
    "d": AttributeType.DATE,
}
PAIRS = {"i": "ij", "n": "nm", "t": "tu", "b": "bc", "d": "de"}
DICTIONARY = Dictionary(Attribute(name=name, type=TYPES[key]) for key, names in PAIRS.items() for name in names)
COMPARISONS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


@dataclass(frozen=True, kw_only=True)
class Values:
    """Where the values of rows and literals come from."""

    integers: st.SearchStrategy[int]
    numbers: st.SearchStrategy[float]
    texts: st.SearchStrategy[str]
    days: st.SearchStrategy[date]

    def of(self, key: str) -> st.SearchStrategy[Value]:
        """The values of one type."""
        strategies: Mapping[str, st.SearchStrategy[Value]] = {
            "i": self.integers,
            "n": self.numbers,
            "t": self.texts,
            "b": st.booleans(),
            "d": self.days,
        }
        return strategies[key]

    def literals(self, key: str) -> st.SearchStrategy[str]:
        """The literals that may stand beside a column of one type."""
        fractions = self.numbers.map(lambda value: f"{value:.25f}" if abs(value) < 1e15 else repr(value))
        if key in "in":
            return self.integers.map(str) | fractions
        if key == "b":
            return st.sampled_from(["true", "false"])
        if key == "d":
            return self.days.map(lambda day: f"'{day}'") | self.days.map(lambda day: f"date '{day}'")
        return self.texts.map(quoted)


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Calls of functions that may stand in a rule: where an integer, a number or a condition may."""

    integers: st.SearchStrategy[str]
    numbers: st.SearchStrategy[str]
    conditions: st.SearchStrategy[str]


NO_CALLS = Calls(integers=st.nothing(), numbers=st.nothing(), conditions=st.nothing())


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _columns(key: str, calls: Calls) -> st.SearchStrategy[str]:
    columns = st.sampled_from(PAIRS[key])
    # Three calls for each column, since there are many more of them.
    called = {"i": calls.integers, "n": calls.numbers}.get(key, st.nothing())
    return st.one_of(columns, called, called, called)


def _operands(values: Values, key: str, calls: Calls) -> st.SearchStrategy[str]:
    others = _columns("i", calls) | _columns("n", calls) if key in "in" else _columns(key, calls)
    return values.literals(key) | others


def _conditions(values: Values, key: str, calls: Calls) -> st.SearchStrategy[str]:
    column, literals = _columns(key, calls), values.literals(key)
    operators = st.sampled_from(["=", "<>"]) if key == "b" else COMPARISONS
    negation = st.sampled_from(["", "not "])
    choices = [
        st.builds("{} {} {}".format, column, operators, _operands(values, key, calls)),
        st.builds("{1} {2} {0}".format, column, literals, operators),
        st.builds("{} is {}null".format, column, negation),
        st.builds("{} {}in ({})".format, column, negation, st.lists(literals, min_size=1, max_size=4).map(", ".join)),
    ]
    if key == "b":
        choices += [column, st.builds("{} is {}true".format, column, negation)]
    else:
        operand = _operands(values, key, calls)
        choices.append(st.builds("{} {}between {} and {}".format, column, negation, operand, operand))
    if key == "t":
        patterns = values.texts.map(lambda one: one.replace("\\", "%"))
        likes = st.sampled_from(["like", "not like", "ilike", "not ilike"])
        choices.append(st.builds("{} {} {}".format, column, likes, patterns.map(quoted)))
    return st.one_of(choices)


def rules(values: Values, calls: Calls = NO_CALLS) -> st.SearchStrategy[str]:
    """Texts of rules, nested; some rest on the precedence of their words instead of brackets."""
    keys = PAIRS if calls is NO_CALLS else "in"
    condition = st.one_of([_conditions(values, key, calls) for key in keys] + [calls.conditions])
    truth = st.sampled_from(["true", "false"])
    return st.recursive(
        condition | truth | st.builds("not {}".format, condition),
        lambda inner: st.one_of(
            st.builds("({} and {})".format, inner, inner),
            st.builds("({} or {})".format, inner, inner),
            st.builds("({} and {} or {})".format, inner, inner, inner),
            st.builds("({} or not {} and {})".format, inner, condition, inner),
            st.builds("not ({})".format, inner),
            st.builds("({}) is {}{}".format, inner, st.sampled_from(["", "not "]), truth),
        ),
        max_leaves=6,
    )


def rows(values: Values) -> st.SearchStrategy[Row]:
    """Rows in which any value may be null."""
    columns = {name: st.none() | values.of(key) for key, names in PAIRS.items() for name in names}
    return st.fixed_dictionaries(columns)
