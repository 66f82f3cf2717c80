"""Chains of channels: to the plainer only, on by failures that another way cures, and never past the time."""

from datetime import UTC, datetime, timedelta

import pytest

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.fallback import check_chain, falls, first_fit

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "chain", [["sms"], ["mms", "sms"], ["mms", "wap_push", "sms"], ["wap_push", "sms"], ["ussd", "sms"], ["other"], []]
)
def test_a_chain_goes_to_the_plainer(chain: list[str]) -> None:
    check_chain(chain)


@pytest.mark.parametrize(
    "chain", [["sms", "mms"], ["sms", "sms"], ["wap_push", "mms"], ["ussd", "mms"], ["mms", "ussd"], ["other", "sms"]]
)
def test_a_chain_that_could_go_round_is_refused(chain: list[str]) -> None:
    with pytest.raises(InvalidInput, match="CHAIN_INVALID"):
        check_chain(chain)


@pytest.mark.parametrize(
    ("reason", "expires", "goes_on"),
    [
        ("UNDELIVERABLE", None, True),
        ("EXPIRED", timedelta(seconds=1), True),
        ("EXPIRED", timedelta(0), False),
        ("REJECTED", timedelta(hours=-1), False),
        ("HANDSET_INCAPABLE", None, True),
        ("OPTED_OUT", None, False),
        ("NO_NUMBER", None, False),
        ("FORBIDDEN_WORD", None, False),
    ],
)
def test_only_what_another_channel_cures_goes_on(reason: str, expires: timedelta | None, *, goes_on: bool) -> None:
    expires_at = NOON + expires if expires is not None else None
    assert falls(reason=reason, expires_at=expires_at, now=NOON) is goes_on


@pytest.mark.parametrize(
    ("capabilities", "index"),
    [(None, 0), ({"mms", "wap_push"}, 0), ({"wap_push"}, 1), (set(), 2), ({"ussd"}, 2)],
)
def test_the_first_channel_that_the_handset_shows_is_taken(capabilities: set[str] | None, index: int) -> None:
    assert first_fit(["mms", "wap_push", "sms"], capabilities) == index


def test_a_chain_without_a_channel_for_the_handset_ends() -> None:
    assert first_fit(["mms", "wap_push"], set()) == 2
