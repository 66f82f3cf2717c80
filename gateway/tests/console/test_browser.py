"""The console in a real Chromium: signing in, every page and empty state, both languages, three widths, offline."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import OpenPage
from .served import APPROVED, AWAY, LAUNCHING, NO_HOLDOUT, REJECTED, RUNNING, SECRET

pytestmark = pytest.mark.browser

Keep = Callable[[Page, str], Path]
SCREENS = [("phone", 390, 844), ("kiosk", 1080, 1920), ("desktop", 1440, 900)]


def sign_in(page: Page, *, client_id: str = "operator", secret: str = SECRET) -> Page:
    page.fill("input[name=client_id]", client_id)
    page.fill("input[name=client_secret]", secret)
    page.keyboard.press("Enter")
    return page


def campaign(campaign_id: str) -> str:
    return f"/campaigns/{campaign_id}"


def test_a_deep_link_leads_through_the_sign_in_to_its_campaign(open_page: OpenPage, complaints: list[str]) -> None:
    page = sign_in(open_page(campaign(RUNNING)))
    expect(page.locator("h1")).to_have_text("hillstrom-2008")
    expect(page).to_have_title("hillstrom-2008 · Carillon")
    assert page.url.endswith(f"/console{campaign(RUNNING)}")
    assert complaints == []


def test_a_wrong_secret_is_told_and_neither_kept_nor_shown(open_page: OpenPage, complaints: list[str]) -> None:
    page = sign_in(open_page("/"), secret="a wrong guess of mine")
    expect(page.get_by_role("alert")).to_have_text("The client id or the secret is wrong.")
    expect(page.locator("input[name=client_secret]")).to_have_value("")
    assert "a wrong guess of mine" not in page.content()
    assert complaints == []


def test_an_empty_form_says_what_is_needed(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Needed")).to_be_visible()


def test_no_page_holds_the_secret_or_a_token(open_page: OpenPage) -> None:
    page = sign_in(open_page(campaign(RUNNING)))
    expect(page.locator(".c-table")).to_be_visible()
    assert SECRET not in page.content()
    assert "Bearer" not in page.content()
    (cookie,) = page.context.cookies()
    assert cookie["name"] == "carillon_console"
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/console")


def test_the_list_leads_to_a_campaign_and_back(open_page: OpenPage, keep: Keep) -> None:
    page = sign_in(open_page("/"))
    expect(page.locator(".c-row")).to_have_count(6)
    keep(page, "campaigns-desktop")
    page.get_by_text("hillstrom-2008").click()
    expect(page.locator("h1")).to_have_text("hillstrom-2008")
    page.get_by_text("All campaigns").click()
    expect(page.locator(".c-row")).to_have_count(6)


def test_the_table_shows_every_arm_as_the_data_has_it(open_page: OpenPage) -> None:
    page = sign_in(open_page(campaign(RUNNING)))
    expect(page.locator(".c-table tbody tr")).to_have_count(3)
    rows = [row.inner_text().split() for row in page.locator(".c-table tbody tr").all()]
    assert rows == [
        ["holdout", "21,306", "0", "0", "2,262", "122", "0", "¥13,908.33", "10.62", "%", "0.57", "%"],
        ["mens", "21,307", "21,307", "21,307", "3,894", "267", "267", "¥30,311.69", "18.28", "%", "1.25", "%"],
        ["womens", "21,387", "21,387", "21,387", "3,238", "189", "189", "¥23,038.11", "15.14", "%", "0.88", "%"],
    ]
    tiles = [tile.inner_text() for tile in page.locator(".c-tile-value").all()]
    assert tiles == ["42,694", "42,694", "7,132", "456", "456", "¥53,349.80"]


def test_the_uplift_is_drawn_with_its_interval_and_told_in_words(open_page: OpenPage) -> None:
    page = sign_in(open_page(campaign(RUNNING)))
    expect(page.locator(".c-words b").first).to_have_text("+7.66 pp (+7.00 to +8.32)")
    words = [word.inner_text() for word in page.locator(".c-words b").all()]
    assert words == [
        "+7.66 pp (+7.00 to +8.32)", "+4.52 pp (+3.89 to +5.16)", "+0.68 pp (+0.50 to +0.86)",
        "+0.31 pp (+0.15 to +0.47)", "+¥0.77 (+0.49 to +1.05)", "+¥0.42 (+0.17 to +0.68)",
    ]  # fmt: skip
    expect(page.get_by_role("img").locator("svg")).to_have_count(9)
    # A whisker has the dot of its estimate; ECharts writes circles as paths of its own colour.
    first = page.get_by_role("img", name="Uplift against the hold-out: Response rate")
    expect(first.locator('path[fill="#0f766e"]')).to_have_count(1)
    expect(first.locator('path[stroke="#0f766e"]')).to_have_count(3)
    expect(page.get_by_role("img", name="Funnel: mens").locator("text", has_text="18.28 %")).to_be_visible()


def test_a_launch_is_followed_to_its_end_without_reloading(
    open_page: OpenPage, keep: Keep, complaints: list[str]
) -> None:
    page = sign_in(open_page(campaign(LAUNCHING)))
    bar = page.get_by_role("progressbar")
    expect(bar).to_be_visible()
    expect(page.locator(".c-launch")).to_contain_text("of 42,694 messages ended")
    expect(page.locator(".c-launch")).to_contain_text("In doubt, sent again")
    expect(page.get_by_text("The uplift is told here as soon as")).to_be_visible()
    keep(page, "launch-desktop")
    first = float(bar.get_attribute("aria-valuenow") or 0)
    page.wait_for_function(
        "first => Number(document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')) > first", arg=first
    )
    keep(page, "launch-later-desktop")
    expect(page.locator(".c-title .c-badge")).to_have_text("Running")
    expect(bar).to_be_hidden()
    expect(page.locator(".c-words b").first).to_have_text("+7.66 pp (+7.00 to +8.32)")
    assert complaints == []


def test_before_a_launch_the_page_says_what_comes_next(open_page: OpenPage, keep: Keep) -> None:
    page = sign_in(open_page(campaign(APPROVED)))
    expect(page.get_by_text("No figures before the launch")).to_be_visible()
    expect(page.get_by_text("The campaign is approved and can be launched.")).to_be_visible()
    expect(page.locator(".c-table")).to_have_count(0)
    keep(page, "before-launch-desktop")


def test_a_campaign_without_hold_out_says_that_uplift_is_untold(open_page: OpenPage) -> None:
    page = sign_in(open_page(campaign(NO_HOLDOUT)))
    expect(page.get_by_text("This campaign has no hold-out")).to_be_visible()
    expect(page.get_by_role("img").locator("svg")).to_have_count(5)


def test_who_has_no_campaigns_is_told_how_to_make_one(open_page: OpenPage, keep: Keep) -> None:
    page = sign_in(open_page("/"), client_id="newcomer")
    expect(page.get_by_text("No campaigns yet")).to_be_visible()
    expect(page.get_by_role("link", name="API documentation")).to_have_attribute("href", "/docs")
    keep(page, "no-campaigns-desktop")


def test_an_unknown_campaign_is_told(open_page: OpenPage) -> None:
    page = sign_in(open_page(campaign("nowhere")))
    expect(page.get_by_text("No such campaign")).to_be_visible()


def test_an_address_that_leads_nowhere_leads_back(open_page: OpenPage) -> None:
    page = open_page("/campaign/of/nobody", locale="zh-CN")
    expect(page.get_by_role("heading", name="页面不存在")).to_be_visible()
    page.get_by_role("link").click()
    expect(page.locator("input[name=client_id]")).to_be_visible()


def test_a_service_that_is_away_is_told_without_its_address(open_page: OpenPage) -> None:
    page = sign_in(open_page(campaign(AWAY)))
    expect(page.get_by_role("alert")).to_contain_text("A service does not answer right now.")
    assert "unix:" not in page.content()


def test_names_and_reasons_are_shown_as_text_whatever_they_contain(open_page: OpenPage, complaints: list[str]) -> None:
    page = sign_in(open_page(campaign(REJECTED)))
    expect(page.locator("h1")).to_have_text("rejected <script>alert(1)</script>")
    expect(page.locator(".c-reason")).to_have_text("Rejected: Text too long & unclear")
    assert complaints == []


def test_signing_out_asks_again(open_page: OpenPage) -> None:
    page = sign_in(open_page(campaign(RUNNING)))
    page.get_by_text("Sign out").click()
    expect(page.locator("input[name=client_id]")).to_be_visible()
    page.reload()
    expect(page.locator("input[name=client_id]")).to_be_visible()


def test_a_chinese_browser_is_spoken_to_in_chinese_and_may_switch(open_page: OpenPage, keep: Keep) -> None:
    page = open_page(campaign(RUNNING), locale="zh-CN")
    expect(page.locator("h1")).to_have_text("登录")
    keep(page, "sign-in-desktop-zh")
    sign_in(page)
    expect(page.locator(".c-words b").first).to_have_text("+7.66 个百分点（+7.00 至 +8.32）")  # noqa: RUF001 -- Chinese brackets
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.get_by_text("English").click()
    expect(page.get_by_role("heading", name="Uplift against the hold-out")).to_be_visible()
    page.get_by_text("All campaigns").click()
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()


@pytest.mark.parametrize(("screen", "width", "height"), SCREENS)
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_every_width_holds_the_whole_page_without_scrolling_sideways(
    open_page: OpenPage, keep: Keep, complaints: list[str], screen: str, width: int, height: int, locale: str
) -> None:
    page = sign_in(open_page(campaign(RUNNING), width=width, height=height, locale=locale))
    expect(page.get_by_role("img").locator("svg")).to_have_count(9)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert keep(page, f"campaign-{screen}-{locale}").stat().st_size > 0
    assert complaints == []
