"""What the console writes: numbers, languages, texts, escaped HTML, chart options and sessions."""

import logging
from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest

from carillon_chassis.errors import InvalidInput, LimitExceeded, PermissionRefused, Unavailable
from carillon_chassis.identity import Identity
from carillon_gateway.console import charts, markup
from carillon_gateway.console.backend import Session
from carillon_gateway.console.frame import explain
from carillon_gateway.console.language import Language, choose_language
from carillon_gateway.console.numbers import write_count, write_difference, write_percent, write_time, write_yuan
from carillon_gateway.console.page import _names_no_page
from carillon_gateway.console.sessions import SESSIONS_LIMIT, Sessions
from carillon_gateway.console.texts import TEXTS, Speech
from carillon_gateway.console.views import ArmView, CampaignState, LaunchProgress
from carillon_gateway.identity.clients import Role

from .served import CAMPAIGNS, HOLDOUT, MENS, REJECTED, RUNNING, WOMENS

ENGLISH = Speech(language=Language.ENGLISH)
CHINESE = Speech(language=Language.CHINESE)
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ARMS = (HOLDOUT, MENS, WOMENS)
OPERATOR = Session(identity=Identity(subject="operator"), role="branch_operator")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (write_count(42_694), "42,694"),
        (write_percent(0.182757), "18.28 %"),
        (write_percent(0.0), "0.00 %"),
        (write_yuan(1_390_833), "¥13,908.33"),
        (write_yuan(-5), "\N{MINUS SIGN}¥0.05"),
        (write_difference(7.659), "+7.66"),
        (write_difference(-0.5, " pp"), "\N{MINUS SIGN}0.50 pp"),
        (write_time(NOON), "2026-11-21 20:00 (UTC+8)"),
        (write_time(None), "\N{EM DASH}"),
    ],
)
def test_figures_are_written_with_separators_signs_and_the_edges_time(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.CHINESE),
        ("en-GB,en;q=0.9,zh;q=0.8", Language.ENGLISH),
        ("en;q=0.5, zh-Hans;q=0.7", Language.CHINESE),
        ("de-DE, zh;q=0.1", Language.CHINESE),
        ("fr", Language.ENGLISH),
        ("zh;q=0", Language.ENGLISH),
        ("zh;q=nonsense, en;q=0.1", Language.ENGLISH),
        ("", Language.ENGLISH),
    ],
)
def test_the_browsers_first_language_of_the_two_is_spoken(header: str, expected: Language) -> None:
    assert choose_language(header) is expected


@pytest.mark.parametrize("key", list(TEXTS))
def test_both_languages_say_every_text_with_the_same_values(key: str) -> None:
    english, chinese = TEXTS[key]
    assert english
    assert chinese

    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert names(english) == names(chinese)


def test_every_state_and_role_has_its_words() -> None:
    assert {f"state_{state}" for state in CampaignState} <= set(TEXTS)
    assert {f"role_{role}" for role in Role} <= set(TEXTS)


def test_names_from_outside_are_escaped() -> None:
    html = markup.campaign_list([CAMPAIGNS[REJECTED]], ENGLISH) + markup.campaign_head(CAMPAIGNS[REJECTED], ENGLISH)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_an_uplift_is_drawn_on_its_scale_with_the_zero_line() -> None:
    options = charts.uplift_options(ARMS, charts.MEASURES[0], charts.arm_colours(ARMS), ENGLISH)
    (series,) = options["series"]
    assert [[round(value, 4) for value in entry["value"]] for entry in series["data"]] == [
        [7.659, 6.9954, 8.3226, 0],
        [4.5233, 3.8894, 5.1572, 1],
    ]
    assert series["markLine"]["data"] == [{"xAxis": 0}]
    assert options["xAxis"]["min"] < 0
    assert options["xAxis"]["max"] > 8.3226
    assert options["yAxis"]["data"] == ["mens", "womens"]


def test_a_funnel_shows_shares_of_the_arms_subscribers() -> None:
    options = charts.funnel_options(MENS, "#000000", ENGLISH)
    (bars,) = options["series"]
    assert [round(share, 6) for share in bars["data"]] == [1, 1, 1, 0.182757, 0.012531]


def test_an_empty_arm_has_a_funnel_of_nothing() -> None:
    nobody = charts.funnel_options(_emptied(), "#000000", CHINESE)
    assert nobody["series"][0]["data"] == [0, 0, 0, 0, 0]


def test_the_hold_out_is_grey_and_no_two_of_the_first_arms_share_a_colour() -> None:
    colours = charts.arm_colours(ARMS)
    assert colours["holdout"] == charts.HOLDOUT_COLOUR
    assert len(set(colours.values())) == 3


def test_progress_never_passes_its_end_and_begins_at_nothing() -> None:
    assert LaunchProgress().done_share == 0
    assert LaunchProgress(contacts_booked=10, delivered=4, failed=1, handed_to_channel=8).done_share == 0.5
    assert LaunchProgress(contacts_booked=10, delivered=12).done_share == 1


def test_totals_leave_the_hold_out_aside() -> None:
    html = markup.totals(ARMS, ENGLISH)
    assert "7,132" in html
    assert "9,394" not in html


def test_a_campaign_is_sending_until_the_last_message_has_ended() -> None:
    assert not CAMPAIGNS[RUNNING].sending


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unavailable(reason="PEER_AWAY", detail="unix:/x"), TEXTS["error_unavailable"][0]),
        (LimitExceeded(reason="TOO_MANY_FAILURES", detail="x"), TEXTS["error_limit"][0]),
        (PermissionRefused(reason="CLIENT_REFUSED", detail="x"), TEXTS["error_refused"][0]),
        (PermissionRefused(reason="ROLE_MISSING", detail="x"), TEXTS["error_permission"][0]),
        (InvalidInput(reason="ANY", detail="the id is odd"), "That did not work: the id is odd"),
    ],
)
def test_an_error_is_explained_in_words(error: Unavailable, expected: str) -> None:
    assert explain(error, ENGLISH) == expected


@pytest.mark.parametrize(
    ("message", "logged"), [('%s - "WebSocket %s" [accepted]', False), ("Uvicorn running on %s", True)]
)
def test_the_log_never_names_an_open_page(message: str, logged: bool) -> None:
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 0, message, ("x", "y"), None)
    assert _names_no_page(record) is logged


def test_a_session_ends_with_its_lifetime_or_by_signing_out() -> None:
    sessions = Sessions(lifetime_seconds=60)
    sessions.begin("a", OPERATOR, now=NOON)
    assert sessions.find("a", now=NOON + timedelta(seconds=59)) is OPERATOR
    assert sessions.find("a", now=NOON + timedelta(seconds=60)) is None
    sessions.begin("a", OPERATOR, now=NOON)
    sessions.end("a")
    assert sessions.find("a", now=NOON) is None
    assert sessions.find("b", now=NOON) is None


def test_beyond_the_limit_the_longest_signed_in_has_to_sign_in_again() -> None:
    sessions = Sessions(lifetime_seconds=60)
    for number in range(SESSIONS_LIMIT + 1):
        sessions.begin(str(number), OPERATOR, now=NOON)
    assert sessions.find("0", now=NOON) is None
    assert sessions.find("1", now=NOON) is OPERATOR


def _emptied() -> ArmView:
    nothing = dict.fromkeys(("subscribers", "contacted", "delivered", "responded", "converted", "rewarded"), 0)
    return ArmView(
        name="none", holdout=False, revenue_fen=0, response_rate=0.0, conversion_rate=0.0, uplift=None, **nothing
    )
