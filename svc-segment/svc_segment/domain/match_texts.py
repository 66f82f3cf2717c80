"""Reads the rule texts of a match library into trees; it must not run them."""

from collections.abc import Sequence

from carillon_chassis.errors import InvalidInput
from svc_segment.domain.attributes import AttributeType, Dictionary
from svc_segment.domain.match_library import MatchRule
from svc_segment.domain.rules.reader import NO_MORE_NAMES, read_rule
from svc_segment.domain.rules.scope import Scope
from svc_segment.domain.rules.tree import And, Constant, InList, Literal, Reference, Rule

# The attribute that says a subscriber's brand.
BRAND = "brand"


def read_optional(
    text: str, dictionary: Dictionary, scope: Scope = NO_MORE_NAMES, *, field: str, empty: bool = True
) -> Rule:
    """The rule of a text, or everybody (``empty``) or nobody for an empty one; a refusal names ``field``."""
    if not text.strip():
        return Constant(value=empty)
    try:
        return read_rule(text, dictionary, scope)
    except InvalidInput as refusal:
        raise InvalidInput(
            reason=refusal.reason, field=field, detail=refusal.detail, metadata=refusal.metadata
        ) from refusal


def read_extract(rule: MatchRule, dictionary: Dictionary, scope: Scope = NO_MORE_NAMES) -> Rule:
    """Who fits a rule: its principle, and its brands where it names some. Raises InvalidInput."""
    principle = read_optional(rule.extract, dictionary, scope, field="rule.extract")
    brands = (*rule.brands, *rule.brand_order)
    if brands:
        _check_brand(dictionary)
    return And(operands=(principle, read_brands(rule.brands))) if rule.brands else principle


def read_brands(brands: Sequence[str]) -> Rule:
    """Those of some brands; of all, when none is named."""
    if not brands:
        return Constant(value=True)
    values = tuple(Literal(value=brand, type=AttributeType.TEXT) for brand in brands)
    return InList(reference=Reference(name=BRAND, type=AttributeType.TEXT), values=values)


def _check_brand(dictionary: Dictionary) -> None:
    attribute = dictionary.get(BRAND)
    if attribute is None or attribute.type is not AttributeType.TEXT:
        raise InvalidInput(
            reason="MATCH_BRANDS",
            field="rule.brands",
            detail=f"a rule that names brands needs the text attribute '{BRAND}', which no snapshot has brought",
        )
