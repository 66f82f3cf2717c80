"""Templates: what may stand where, what a subscriber reads, what it takes, and that three prices are shown."""

from typing import Any

import pytest

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.template import Purpose, preview_text, read_template

PRICES = "{premium_price:money}/{ordinary_price:money}/{non_member_price:money}"


def test_each_type_is_written_as_people_read_it() -> None:
    template = read_template("{{{name:text}}} {n:integer} {p:money} {d:date} {l:link} {n:integer}")
    values: dict[str, str | int] = {"name": "王", "n": -3, "p": 1205, "d": "2026-11-22", "l": "https://a.cn/x"}
    assert template.fill(values) == "{王} -3 12.05 2026-11-22 https://a.cn/x -3"
    assert [(one.name, one.kind.value) for one in template.placeholders] == [
        ("name", "text"),
        ("n", "integer"),
        ("p", "money"),
        ("d", "date"),
        ("l", "link"),
    ]


@pytest.mark.parametrize(
    ("source", "position"),
    [("a {b", 3), ("a } b", 3), ("{name}", 1), ("{name:word}", 1), ("{Name:text}", 1), ("{n:text} {n:date}", 10)],
)
def test_a_mistake_is_refused_with_its_place(source: str, position: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_template(source)
    assert refused.value.reason == "TEMPLATE_INVALID"
    assert refused.value.metadata["position"] == str(position)


@pytest.mark.parametrize("source", ["", "  ", "x" * 2001, "a\0b", "".join(f"{{p{n}:text}}" for n in range(21))])
def test_what_is_no_template_is_refused(source: str) -> None:
    with pytest.raises(InvalidInput, match="TEMPLATE_INVALID"):
        read_template(source)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", ""),
        ("text", "x" * 201),
        ("text", 5),
        ("text", "a\0b"),
        ("integer", "5"),
        ("integer", True),
        ("money", -1),
        ("money", 100_000_001),
        ("money", "5.00"),
        ("date", "2026-02-30"),
        ("date", 20261122),
        ("link", "ftp://a"),
        ("link", "https://a b"),
        ("link", "https://" + "x" * 200),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_name(kind: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_template(f"{{it:{kind}}}").fill({"it": value})
    assert (refused.value.reason, refused.value.field) == ("VALUE_INVALID", "values.it")


def test_values_that_are_missing_or_too_many_are_refused() -> None:
    template = read_template("{a:text}")
    with pytest.raises(InvalidInput, match="VALUE_MISSING"):
        template.fill({})
    with pytest.raises(InvalidInput, match="VALUE_UNKNOWN"):
        template.fill({"a": "x", "b": "y"})
    assert template.fill({}, examples=True) == "示例文字"


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "cost_fen"),
    [("a" * 160, "gsm7", 1, 10), ("a" * 161, "gsm7", 2, 20), ("订" * 70, "ucs2", 1, 10), ("订" * 135, "ucs2", 3, 30)],
)
def test_a_preview_says_what_it_takes(text: str, encoding: str, segments: int, cost_fen: int) -> None:
    preview = preview_text(text, segment_price_fen=10)
    assert (preview.encoding, preview.segments, preview.cost_fen) == (encoding, segments, cost_fen)
    assert preview.characters == len(text)


@pytest.mark.parametrize("missing", ["premium_price", "ordinary_price", "non_member_price"])
def test_a_confirmation_shows_all_three_prices(missing: str) -> None:
    """CHN-33: whoever confirms a download or a subscription sees premium, ordinary and non-member."""
    read_template(PRICES).check_purpose(Purpose.PRICE_CONFIRMATION)
    for other in (PRICES.replace(f"{{{missing}:money}}", ""), PRICES.replace(f"{missing}:money", f"{missing}:text")):
        with pytest.raises(InvalidInput) as refused:
            read_template(other).check_purpose(Purpose.PRICE_CONFIRMATION)
        assert refused.value.reason == "TEMPLATE_PRICES_MISSING"
        assert missing in refused.value.detail
        read_template(other).check_purpose(Purpose.GENERAL)
