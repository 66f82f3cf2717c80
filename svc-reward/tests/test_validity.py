"""When points end, by the operator's own days: each rule at plain moments and at the edges of months and years."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from carillon_chassis.errors import InvalidInput
from svc_reward.domain.validity import Validity

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("rule", "moment", "ends"),
    [
        ("30D", "2026-11-21T12:00", "2026-12-21T12:00"),
        ("1D", "2028-02-28T23:59", "2028-02-29T23:59"),
        ("12M", "2026-11-21T12:00", "2027-11-21T12:00"),
        ("1M", "2027-01-31T08:00", "2027-02-28T08:00"),
        ("EOM", "2026-11-21T12:00", "2026-12-01T00:00"),
        ("EOM", "2026-12-31T23:59", "2027-01-01T00:00"),
        ("EOM", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("EOY1", "2026-11-21T12:00", "2027-01-01T00:00"),
        ("EOY2", "2026-11-21T12:00", "2028-01-01T00:00"),
        # Still the old year in UTC.
        ("EOY1", "2027-01-01T00:00", "2028-01-01T00:00"),
    ],
)
def test_points_end_by_their_rule(rule: str, moment: str, ends: str) -> None:
    found = Validity(rule=rule).ends(local(moment).astimezone(UTC), SHANGHAI)
    assert found == local(ends)
    assert found is not None
    assert found.tzinfo is UTC


def test_points_without_a_rule_never_end() -> None:
    assert Validity(rule="").ends(local("2026-11-21T12:00"), SHANGHAI) is None


@pytest.mark.parametrize("rule", ["0D", "D", "30", "30d", "-1D", "1000M", "EOY", "EOY0", "EOY100", "eom", " EOM", "1Y"])
def test_a_rule_that_is_none_is_refused(rule: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Validity(rule=rule)
    assert caught.value.reason == "VALIDITY_INVALID"
