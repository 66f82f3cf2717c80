"""The pure rules of identity: hashes, remembered secrets, buckets, clients, seeding."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput
from carillon_gateway.identity.buckets import KEYS_LIMIT, Buckets
from carillon_gateway.identity.clients import Client, Role, parse_role
from carillon_gateway.identity.secrets import RememberedSecrets, hash_secret, secret_matches
from carillon_gateway.identity.seeding import Credential, read_credentials, seed_clients
from carillon_gateway.identity.store import find_client

SECRET = "correct horse battery staple"
HASH = hash_secret(SECRET, salt=b"0123456789abcdef")
AT = datetime(2026, 11, 21, tzinfo=UTC)


def test_a_secret_matches_its_own_hash_alone() -> None:
    assert secret_matches(SECRET, HASH)
    assert not secret_matches(SECRET + " ", HASH)
    assert not secret_matches("x" * 513, HASH)
    assert SECRET not in HASH


@pytest.mark.parametrize("stored", ["", "plain", "scrypt$1$2$3$4", HASH.replace("scrypt", "md5"), HASH[:-3] + "!!!"])
def test_a_broken_hash_matches_nothing(stored: str) -> None:
    assert not secret_matches(SECRET, stored)


@pytest.mark.parametrize("secret", ["", "short", "x" * 513])
def test_a_weak_secret_is_not_hashed(secret: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        hash_secret(secret, salt=b"salt")
    assert refused.value.reason == "SECRET_WEAK"


def test_what_matched_is_remembered_until_it_is_rotated() -> None:
    remembered = RememberedSecrets(b"key")
    assert not remembered.knows(SECRET, HASH)
    remembered.remember(SECRET, HASH)
    assert remembered.knows(SECRET, HASH)
    assert not remembered.knows("another secret", HASH)
    assert not remembered.knows(SECRET, HASH + "rotated")


@given(gaps=st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_a_bucket_never_lets_more_through_than_burst_and_rate_allow(gaps: list[float]) -> None:
    buckets = Buckets(rate_per_second=2, burst=5)
    now, passed = 100.0, 0
    for gap in gaps:
        now += gap
        waiting = buckets.wait_seconds("a", now_seconds=now)
        taken = buckets.take("a", now_seconds=now)
        assert (waiting == 0) == (taken == 0)
        passed += taken == 0
    assert passed <= 5 + 2 * (now - 100.0) + 1e-6


def test_who_waits_as_long_as_told_is_let_through() -> None:
    buckets = Buckets(rate_per_second=0.5, burst=1)
    assert buckets.take("a", now_seconds=0) == 0
    wait = buckets.take("a", now_seconds=0)
    assert wait == 2.0
    assert buckets.take("a", now_seconds=wait) == 0
    assert buckets.take("b", now_seconds=0) == 0


def test_buckets_stay_bounded() -> None:
    buckets = Buckets(rate_per_second=1, burst=1)
    for number in range(KEYS_LIMIT + 10):
        buckets.take(str(number), now_seconds=0)
    assert len(buckets._levels) == KEYS_LIMIT


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"client_id": "a b"}, "CLIENT_ID_INVALID"),
        ({"client_id": ""}, "CLIENT_ID_INVALID"),
        ({"branch": "x" * 65}, "BRANCH_INVALID"),
    ],
)
def test_a_client_checks_itself(fields: dict[str, str], reason: str) -> None:
    values = {"client_id": "portal", "branch": ""} | fields
    with pytest.raises(InvalidInput) as refused:
        Client(client_id=values["client_id"], branch=values["branch"], role=Role.PORTAL, secret_hash=HASH)
    assert refused.value.reason == reason


def test_an_unknown_role_is_refused_with_the_roles_there_are() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_role("root")
    assert "province_admin" in refused.value.detail


def test_a_credentials_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    for content in ("{}", "[1]", '[{"role": "portal"}]', "nonsense"):
        path.write_text(content)
        with pytest.raises((ValidationError, ValueError)):
            read_credentials(path)


async def test_seeding_adds_rotates_and_leaves_alone(database: Database) -> None:
    one = Credential(role="portal", branch="shenzhen", client_id="new", client_secret=SECRET)
    assert await seed_clients(database, [one], at=AT) == 1
    assert await seed_clients(database, [one], at=AT + timedelta(days=1)) == 0
    rotated = one.model_copy(update={"client_secret": SECRET * 2, "role": "agent"})
    assert await seed_clients(database, [rotated], at=AT) == 1
    async with database.read() as unit:
        client = await find_client(unit, "new")
    assert client is not None
    assert client.role is Role.AGENT
    assert secret_matches(SECRET * 2, client.secret_hash)


async def test_seeding_is_all_or_nothing(database: Database) -> None:
    good = Credential(role="portal", branch="", client_id="good", client_secret=SECRET)
    bad = Credential(role="root", branch="", client_id="bad", client_secret=SECRET)
    with pytest.raises(InvalidInput):
        await seed_clients(database, [good, bad], at=AT)
    async with database.read() as unit:
        assert await find_client(unit, "good") is None
