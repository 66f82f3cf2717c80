"""Pages for WAP phones are small, well-formed and hold nothing but what a phone of those days shows (CHN-06, CHN-31)."""

from urllib.parse import parse_qs
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from carillon_gateway.http.mobile_pages import question_page, read_screen, screen_page
from carillon_gateway.testing.harness import Gateway

XHTML = "{http://www.w3.org/1999/xhtml}"
# What the profile allows in each element of ours.
ALLOWED = {
    "html": {"head", "body"},
    "head": {"title"},
    "body": {"p", "ol", "form"},
    "ol": {"li"},
    "li": {"a"},
    "p": {"a", "br", "input"},
    "form": {"p"},
    "a": set(),
    "br": set(),
    "input": set(),
    "title": set(),
}
READER = {"x-msisdn": "13800138000"}
MENU = "欢迎<使用>&自助\n1 业务办理\n2 积分查询\n#下页 0退出"


def read_page(body: bytes) -> Element:
    """The page, if it is one."""
    assert body.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//WAPFORUM//DTD XHTML Mobile'
    )
    root: Element = fromstring(body, forbid_dtd=False)
    for parent in root.iter():
        names = [child.tag.removeprefix(XHTML) for child in parent]
        assert set(names) <= ALLOWED[parent.tag.removeprefix(XHTML)], parent.tag
    assert len(body) < 10_000
    return root


def links(page: Element) -> list[tuple[str, dict[str, list[str]]]]:
    """Labels and what they say."""
    return [(one.text or "", parse_qs(one.attrib["href"][1:])) for one in page.iter(f"{XHTML}a")]


def test_a_menu_is_a_page_with_a_link_a_choice_and_a_key() -> None:
    page = read_page(bytes(screen_page(MENU, turn="t&1", ends=False).body))
    assert page.findtext(f"{XHTML}head/{XHTML}title") == "欢迎<使用>&自助"
    assert links(page) == [
        ("业务办理", {"after": ["t&1"], "text": ["1"]}),
        ("积分查询", {"after": ["t&1"], "text": ["2"]}),
        ("下页", {"after": ["t&1"], "text": ["#"]}),
        ("退出", {"after": ["t&1"], "text": ["0"]}),
    ]
    assert page.attrib["{http://www.w3.org/XML/1998/namespace}lang"] == "zh"


def test_a_screen_without_choices_asks_in_a_form_and_the_last_one_asks_nothing() -> None:
    asking = read_page(bytes(screen_page("Your comment\n0Back 00Home", turn="t-1", ends=False).body))
    inputs = [dict(one.attrib) for one in asking.iter(f"{XHTML}input")]
    assert [(one["type"], one.get("name"), one.get("value")) for one in inputs] == [
        ("hidden", "after", "t-1"),
        ("text", "text", None),
        ("submit", None, "OK"),
    ]
    assert [label for label, _ in links(asking)] == ["Back", "Home"]
    last = read_page(bytes(screen_page("Thank you\n1 this is no choice any more", turn="t-1", ends=True).body))
    assert (links(last), list(last.iter(f"{XHTML}input"))) == ([], [])


def test_the_last_screen_shows_lines_that_only_look_like_choices_and_keys() -> None:
    last = read_page(bytes(screen_page("Booked\n3 tones a month\n0Yuan", turn="t-1", ends=True).body))
    [said] = last.iter(f"{XHTML}p")
    assert list(said.itertext()) == ["Booked", "3 tones a month", "0Yuan"]
    assert links(last) == []


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300), st.booleans())
def test_no_text_breaks_a_page(text: str, ends: bool) -> None:
    read_page(bytes(screen_page(text, turn="t-1", ends=ends).body))
    read_page(bytes(question_page(text, title=text, language="zh").body))


def test_no_line_of_a_screen_is_lost() -> None:
    parts = read_screen(MENU)
    assert (len(parts.lines), len(parts.choices), len(parts.keys)) == (1, 2, 2)
    assert read_screen("").keys == ()


async def test_a_menu_begins_and_its_links_are_turns(gateway: Gateway) -> None:
    portal = await gateway.signed_in("portal")
    first = await portal.get("/wap/menus/text-zh", headers=READER)
    assert (first.status_code, first.headers["content-type"]) == (200, "application/vnd.wap.xhtml+xml; charset=utf-8")
    assert first.headers["cache-control"] == "no-store"
    assert "wap begin +8613800138000 text-zh" in first.text
    page = read_page(first.content)
    [after] = [one.attrib["value"] for one in page.iter(f"{XHTML}input") if one.attrib.get("name") == "after"]
    tapped = [
        await portal.get("/wap/menus/text-zh", headers=READER, params={"after": after, "text": "1"}) for _ in range(2)
    ]
    assert "wap input +8613800138000 1" in tapped[0].text
    assert tapped[0].text == tapped[1].text, "the same link is the same turn"
    other = await portal.get("/wap/menus/text-zh", headers=READER, params={"after": after, "text": "2"})
    assert other.text != tapped[0].text


@pytest.mark.parametrize(
    ("headers", "params", "field"),
    [
        ({}, {}, "x-msisdn"),
        ({"x-msisdn": "12"}, {}, "x-msisdn"),
        (READER, {"after": "<"}, "after"),
        (READER, {"text": "x" * 201}, "text"),
    ],
)
async def test_a_phone_that_nobody_named_is_shown_nothing(
    gateway: Gateway, headers: dict[str, str], params: dict[str, str], field: str
) -> None:
    portal = await gateway.signed_in("portal")
    refused = await portal.get("/wap/menus/text-zh", headers=headers, params=params)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_staff_ask_on_a_page_and_nobody_else_does(gateway: Gateway) -> None:
    hall = await gateway.signed_in("hall_terminal")
    page = read_page((await hall.get("/wap/staff", params={"q": "销量 <彩铃>"})).content)
    assert page.findtext(f"{XHTML}body/{XHTML}p") == "<销量 <彩铃>> & more"
    assert [one.attrib.get("name") for one in page.iter(f"{XHTML}input")] == ["q", None]
    portal = await gateway.signed_in("portal")
    assert (await portal.get("/wap/staff")).status_code == 403
    assert (await hall.get("/wap/menus/text-zh", headers=READER)).status_code == 403
