"""Keys out of page tokens: what is not ours is refused and never a fault."""

from uuid import UUID

import pytest

from carillon_chassis.errors import InvalidInput
from svc_reward.api.page_keys import parse_id_key, parse_moment_key

ID = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6"


def test_a_page_goes_on_where_its_token_says() -> None:
    assert parse_id_key([ID]) == UUID(ID)
    moment, after = parse_moment_key(["2026-11-21T20:00:00+08:00", ID])
    assert (moment.isoformat(), after) == ("2026-11-21T12:00:00+00:00", UUID(ID))


@pytest.mark.parametrize("keys", [["x"], [7], [ID, ID]])
def test_an_id_that_is_none_is_refused(keys: list[str | int]) -> None:
    with pytest.raises(InvalidInput):
        parse_id_key(keys)


@pytest.mark.parametrize(
    "keys", [[ID], ["soon", ID], ["2026-11-21T12:00:00+00:00", "x"], ["0001-01-01T00:00:00+14:00", ID]]
)
def test_a_moment_that_is_none_or_before_all_time_is_refused(keys: list[str | int]) -> None:
    with pytest.raises(InvalidInput):
        parse_moment_key(keys)
