"""The edges of the response window; touches no service."""

from datetime import timedelta

import pytest

from svc_campaign.domain.window import ResponseWindow

from .factories import LAUNCHED_AT

INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("after_launch", "counts"),
    [
        (-INSTANT, False),
        (timedelta(0), True),
        (timedelta(days=14) - INSTANT, True),
        (timedelta(days=14), False),
    ],
)
def test_the_window_holds_its_first_moment_and_not_its_last(after_launch: timedelta, counts: bool) -> None:
    window = ResponseWindow(opens_at=LAUNCHED_AT, days=14)
    assert window.holds(LAUNCHED_AT + after_launch) is counts
