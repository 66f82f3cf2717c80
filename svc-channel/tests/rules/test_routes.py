"""Which route a message takes, and how long a line rests before it is opened again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_channel.domain.backoff import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, pause_after
from svc_channel.domain.channel import Channel
from svc_channel.domain.routes import Route, Routes

ROUTES = Routes(
    [
        Route(name="sms"),
        Route(name="north", prefixes=("+86130", "+86131")),
        Route(name="capital", prefixes=("+8613010",)),
        Route(name="pap", channels=frozenset({Channel.WAP_PUSH})),
    ]
)


@pytest.mark.parametrize(
    ("channel", "msisdn", "route"),
    [
        (Channel.SMS, "+8613800000001", "sms"),
        (Channel.SMS, "+8613000000001", "north"),
        (Channel.SMS, "+8613100000001", "north"),
        (Channel.SMS, "+8613010000001", "capital"),
        (Channel.WAP_PUSH, "+8613010000001", "capital"),
        (Channel.WAP_PUSH, "+8613800000001", "sms"),
        (Channel.MMS, "+8613010000001", "mms"),
        (Channel.SMS, "", "sms"),
    ],
)
def test_the_longest_prefix_decides_and_a_channel_of_no_route_keeps_its_own(
    channel: Channel, msisdn: str, route: str
) -> None:
    assert ROUTES.find(channel, msisdn) == route


def test_of_two_routes_alike_the_first_decides() -> None:
    pushes = Route(name="pap", channels=frozenset({Channel.WAP_PUSH}))
    assert Routes([pushes, Route(name="sms")]).find(Channel.WAP_PUSH, "+86138") == "pap"


def test_the_first_try_after_a_sound_line_waits_for_nothing() -> None:
    assert pause_after(0, drawn=0.99) == 0


@given(failures=st.integers(1, 10_000), drawn=st.floats(0, 1, exclude_max=True))
def test_a_pause_grows_to_its_limit_and_half_of_it_is_drawn(failures: int, drawn: float) -> None:
    pause = pause_after(failures, drawn=drawn)
    full = pause_after(failures, drawn=0.0) * 2
    assert FIRST_PAUSE_SECONDS / 2 <= full / 2 <= pause <= full <= LONGEST_PAUSE_SECONDS
