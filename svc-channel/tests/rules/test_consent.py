"""Whom marketing may reach by what was said last about each scope."""

from datetime import UTC, datetime
from typing import Any

import pytest

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.consent import (
    EVERYTHING,
    ConsentChange,
    ConsentSource,
    ConsentState,
    may_send,
    read_scope,
)

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("withdrawn", "channel", "category", "may"),
    [
        ((), "sms", "", True),
        (("all",), "sms", "", False),
        (("do_not_disturb",), "mms", "music", False),
        (("channel:sms",), "sms", "", False),
        (("channel:sms",), "mms", "", True),
        (("category:music",), "sms", "music", False),
        (("category:music",), "sms", "news", True),
        (("category:music",), "sms", "", True),
    ],
)
def test_marketing_goes_where_nothing_that_covers_it_is_withdrawn(
    withdrawn: tuple[str, ...], channel: str, category: str, *, may: bool
) -> None:
    assert may_send(message_class="marketing", channel=channel, category=category, withdrawn=withdrawn) is may


@pytest.mark.parametrize("message_class", ["service", "reply"])
def test_what_was_asked_for_needs_no_leave(message_class: str) -> None:
    withdrawn = ("all", "do_not_disturb", "channel:sms")
    assert may_send(message_class=message_class, channel="sms", category="", withdrawn=withdrawn)


@pytest.mark.parametrize("key", ["all", "do_not_disturb", "channel:wap_push", "category:music"])
def test_a_scope_reads_as_it_is_written(key: str) -> None:
    assert read_scope(key).key == key


@pytest.mark.parametrize(
    "key", ["", "ALL", "everything", "channel", "channel:", "category:", "all:sms", "channel:SMS", "category:a b"]
)
def test_a_scope_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_scope(key)
    assert (refused.value.reason, refused.value.field) == ("SCOPE_INVALID", "scope")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"evidence": ""}, "EVIDENCE_MISSING"),
        ({"evidence": "x" * 201}, "EVIDENCE_TOO_LONG"),
        ({"text": "x" * 2001}, "TEXT_TOO_LONG"),
    ],
)
def test_a_change_without_a_proof_is_refused(change: dict[str, Any], reason: str) -> None:
    fields: dict[str, Any] = {
        "subscriber_id": 7,
        "scope": EVERYTHING,
        "state": ConsentState.WITHDRAWN,
        "at": NOON,
        "source": ConsentSource.OPERATOR,
        "evidence": "form 17",
    }
    assert ConsentChange(**fields).evidence == "form 17"
    with pytest.raises(InvalidInput) as refused:
        ConsentChange(**{**fields, **change})
    assert refused.value.reason == reason
