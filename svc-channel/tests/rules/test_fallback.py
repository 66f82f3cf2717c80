"""Chains of channels: to the plainer only, on by failures that another way cures, and never past the time."""

from datetime import UTC, datetime, timedelta

import pytest

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.fallback import (
    Alternative,
    check_chain,
    falls,
    first_fit,
    read_fallback,
    write_fallback,
)

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
        # Who knows whether it came: another channel would bring it twice.
        ("UNKNOWN", None, False),
        ("NO_SMSC_ID", None, False),
        ("NO_ANSWER_ReadTimeout", None, False),
    ],
)
def test_only_what_another_channel_cures_goes_on(reason: str, expires: timedelta | None, *, goes_on: bool) -> None:
    expires_at = NOON + expires if expires is not None else None
    assert falls(reason=reason, expires_at=expires_at, now=NOON) is goes_on


@pytest.mark.parametrize(
    ("incapable", "index"),
    [(set(), 0), ({"ussd"}, 0), ({"mms"}, 1), ({"mms", "wap_push"}, 2), ({"mms", "wap_push", "sms"}, 2)],
)
def test_the_first_channel_that_the_handset_shows_is_taken(incapable: set[str], index: int) -> None:
    assert first_fit(["mms", "wap_push", "sms"], incapable) == index


def test_a_chain_without_a_channel_for_the_handset_ends() -> None:
    assert first_fit(["mms", "wap_push"], {"mms", "wap_push"}) == 2


def test_what_may_follow_reads_as_it_was_written() -> None:
    chain = [
        Alternative(channel="wap_push", text="", parts=2, route="sms", content='{"href": "铃"}'.encode()),
        Alternative(channel="sms", text="铃音", parts=1, route="south"),
    ]
    assert read_fallback(write_fallback(chain)) == chain
    assert read_fallback(write_fallback([])) == []
