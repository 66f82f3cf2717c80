"""Checks the words of a rule against the white list before any grammar is applied; it must not judge their order.

The list is the first of two fences: what it lets through is parsed, and the reader lets through only the
nodes it knows. Here the place of a forbidden word is exact, which the grammar could no longer tell.
"""

import difflib
from collections.abc import Container, Sequence

from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from svc_segment.domain.rules.functions import FUNCTIONS
from svc_segment.domain.rules.refusals import Reason, RuleText

ALLOWED = frozenset(
    {
        TokenType.VAR,
        TokenType.IDENTIFIER,
        TokenType.STRING,
        TokenType.NUMBER,
        TokenType.TRUE,
        TokenType.FALSE,
        TokenType.NULL,
        TokenType.UNKNOWN,
        TokenType.DATE,
        TokenType.AND,
        TokenType.OR,
        TokenType.NOT,
        TokenType.IN,
        TokenType.BETWEEN,
        TokenType.LIKE,
        TokenType.ILIKE,
        TokenType.IS,
        TokenType.EQ,
        TokenType.NEQ,
        TokenType.LT,
        TokenType.LTE,
        TokenType.GT,
        TokenType.GTE,
        TokenType.L_PAREN,
        TokenType.R_PAREN,
        TokenType.COMMA,
        TokenType.DASH,
    }
)
SUBQUERY = frozenset({TokenType.SELECT, TokenType.EXISTS, TokenType.WITH, TokenType.VALUES, TokenType.TABLE})
ARITHMETIC = frozenset({TokenType.PLUS, TokenType.STAR, TokenType.SLASH, TokenType.MOD, TokenType.DPIPE})
# Words that PostgreSQL lets name a column; they may name an attribute when one is called so.
NAMES = frozenset(Postgres.parser_class.ID_VAR_TOKENS)
# A grammar by descent needs some twenty frames a bracket; people need three or four brackets.
MAX_DEPTH = 16
# Each value of a long list is two words; a longer list is a static list, not a rule.
MAX_WORDS = 5_000


def check_words(rule: RuleText, names: Container[str]) -> Sequence[Token]:
    """Gives the words of one statement, or raises InvalidInput RULE_SYNTAX, RULE_FORBIDDEN or RULE_TWO_STATEMENTS.

    ``names`` are the attributes and measures there are: a word that SQL has other uses for may be one of them.
    """
    words = _only_statement(rule, _words(rule))
    if not words:
        raise rule.refusal(Reason.SYNTAX, 0, "the rule is empty; 'true' means everyone")
    depth = 0
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else None
        _check_word(rule, word, following, names)
        depth += (word.token_type is TokenType.L_PAREN) - (word.token_type is TokenType.R_PAREN)
        repeated = word.token_type in {TokenType.NOT, TokenType.DASH} and following is not None
        if depth > MAX_DEPTH:
            raise rule.refusal(Reason.SYNTAX, word.start, f"brackets go deeper than {MAX_DEPTH}; split the rule")
        if repeated and following is not None and following.token_type is word.token_type:
            raise rule.refusal(Reason.SYNTAX, following.start, f"'{following.text}' stands twice; write it once")
    return words


def _words(rule: RuleText) -> list[Token]:
    try:
        words = list(Postgres().tokenize(rule.text))
    except TokenError as error:
        offset = _unfinished(rule.text)
        raise rule.refusal(
            Reason.SYNTAX, offset, "a text in quotes or a comment is not closed, or a character has no meaning here"
        ) from error
    if len(words) > MAX_WORDS:
        raise rule.refusal(
            Reason.SYNTAX, words[MAX_WORDS].start, f"the rule has {len(words)} words, {MAX_WORDS} at most"
        )
    return words


def _unfinished(text: str) -> int:
    """The offset of the last quote or comment that opens outside all others: the one that never ends."""
    openers = {"'": "'", '"': '"', "/*": "*/", "--": "\n"}
    opened_at, position = 0, 0
    while position < len(text):
        opener = next((one for one in openers if text.startswith(one, position)), "")
        if not opener:
            position += 1
            continue
        opened_at = position
        closed_at = text.find(openers[opener], position + len(opener))
        if closed_at < 0:
            break
        position = closed_at + len(openers[opener])
    return opened_at


def _only_statement(rule: RuleText, words: list[Token]) -> list[Token]:
    """Cuts a semicolon at the end; one in the middle begins a second statement."""
    for index, word in enumerate(words):
        if word.token_type is TokenType.SEMICOLON:
            if index + 1 < len(words):
                second = words[index + 1]
                raise rule.refusal(
                    Reason.TWO_STATEMENTS, second.start, "a rule is one expression; a second statement begins here"
                )
            return words[:index]
    return words


def _check_word(rule: RuleText, word: Token, following: Token | None, names: Container[str]) -> None:
    opens = following is not None and following.token_type is TokenType.L_PAREN
    if word.token_type in {TokenType.VAR, TokenType.DATE, TokenType.IDENTIFIER} and opens:
        if word.token_type is TokenType.VAR and word.text.lower() in FUNCTIONS:
            return
        raise rule.refusal(Reason.FORBIDDEN, word.start, _forbidden_function(word))
    if word.token_type in ALLOWED or (word.text.lower() in names and word.token_type in NAMES):
        return
    raise rule.refusal(_reason(word), word.start, _objection(word, opens=opens))


def _forbidden_function(word: Token) -> str:
    closest = difflib.get_close_matches(word.text.lower(), FUNCTIONS, n=1)
    hint = f"; did you mean {closest[0]}{FUNCTIONS[closest[0]]}?" if closest else ""
    return f"a function is not allowed in a rule: {word.text}(...){hint}"


def _reason(word: Token) -> Reason:
    return Reason.SYNTAX if word.token_type is TokenType.SEMICOLON else Reason.FORBIDDEN


def _objection(word: Token, *, opens: bool) -> str:
    if word.token_type in SUBQUERY:
        return f"a subquery is not allowed in a rule: {word.text}"
    if word.token_type is TokenType.DOT:
        return "a column of a table is not allowed in a rule; write the attribute's name alone"
    if word.token_type in ARITHMETIC:
        return f"'{word.text}' is not allowed in a rule: compare attributes with values, compute beforehand"
    if opens:
        return _forbidden_function(word)
    return f"'{word.text}' is not allowed in a rule"
