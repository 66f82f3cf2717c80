"""Getting and checking bearer tokens: RFC 6749's words, forged and expired tokens, guessable keys."""

import base64
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from carillon_gateway.identity.clients import Client, Role
from carillon_gateway.identity.tokens import SigningKeyRefused, TokenRefused, TokenSigner, check_signing_key
from carillon_gateway.testing.harness import Gateway, client_id, secret

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = b"k9QvX2mT7rLw4ZsB8nYc5HdJ1fGpAe3U"
CLIENT = Client(client_id="portal-1", role=Role.PORTAL, branch="guangzhou", secret_hash="scrypt$1$1$1$$")
SIGNER = TokenSigner(key=KEY)
FORM = {"grant_type": "client_credentials"}
GOOD = FORM | {"client_id": client_id("portal"), "client_secret": secret("portal")}


def basic(identifier: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{identifier}:{password}".encode()).decode()}


async def test_a_token_comes_by_basic_or_by_the_form(gateway: Gateway) -> None:
    by_form = await gateway.http.post("/oauth2/token", data=GOOD)
    by_basic = await gateway.http.post("/oauth2/token", data=FORM, headers=basic(client_id("portal"), secret("portal")))
    for response in (by_form, by_basic):
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        body = response.json()
        assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3600, "portal")


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        (GOOD | {"client_secret": "wrong"}, {}, 401, "invalid_client"),
        (GOOD | {"client_id": "nobody"}, {}, 401, "invalid_client"),
        (GOOD | {"client_id": "no body\x00"}, {}, 401, "invalid_client"),
        (FORM, {}, 401, "invalid_client"),
        (FORM, {"authorization": "Basic %%%"}, 401, "invalid_client"),
        (FORM, {"authorization": "Digest abc"}, 401, "invalid_client"),
        (GOOD, basic("a", "b"), 400, "invalid_request"),
        ({"client_id": "a", "client_secret": "b"}, {}, 400, "invalid_request"),
        (GOOD | {"grant_type": "password"}, {}, 400, "unsupported_grant_type"),
        (GOOD | {"scope": "province_admin"}, {}, 400, "invalid_scope"),
        (GOOD | {"client_id": ["a", "b"]}, {}, 400, "invalid_request"),
    ],
)
async def test_a_refused_token_request_says_why_in_the_words_of_rfc_6749(
    gateway: Gateway, form: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    response = await gateway.http.post("/oauth2/token", data=form, headers=headers)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.json()["error_description"]
    assert ("www-authenticate" in response.headers) == (status == 401)


async def test_guessing_a_secret_is_slowed_down(gateway: Gateway) -> None:
    statuses = [
        (await gateway.http.post("/oauth2/token", data=GOOD | {"client_secret": f"guess {n}"})).status_code
        for n in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2
    other = await gateway.http.post(
        "/oauth2/token", data=FORM | {"client_id": client_id("agent"), "client_secret": secret("agent")}
    )
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Bearer nonsense", "TOKEN_INVALID"),
        ("Bearer ", "TOKEN_INVALID"),
        (f"Bearer {SIGNER.sign(CLIENT, now=NOW - timedelta(days=900), token_id='1')}", "TOKEN_EXPIRED"),
        (f"Bearer {TokenSigner(key=b'another' * 8).sign(CLIENT, now=NOW, token_id='1')}", "TOKEN_INVALID"),
        ("Basic abc", "TOKEN_MISSING"),
    ],
)
async def test_a_bad_token_is_told_apart_and_challenged(gateway: Gateway, header: str, reason: str) -> None:
    response = await gateway.http.get("/api/v1/services", headers={"authorization": header})
    assert (response.status_code, response.json()["reason"]) == (401, reason)
    assert response.headers["www-authenticate"].startswith('Bearer realm="carillon"')
    assert response.headers["content-type"] == "application/problem+json"


def test_a_token_holds_for_its_lifetime_and_no_second_longer() -> None:
    token = SIGNER.sign(CLIENT, now=NOW, token_id="1")
    caller = SIGNER.read(token, now=NOW + timedelta(seconds=3599))
    assert (caller.client_id, caller.role, caller.branch) == ("portal-1", Role.PORTAL, "guangzhou")
    with pytest.raises(TokenRefused) as refused:
        SIGNER.read(token, now=NOW + timedelta(seconds=3600))
    assert refused.value.reason == "TOKEN_EXPIRED"


CLAIMS = {
    "iss": "carillon-gateway", "aud": "carillon", "sub": "portal-1", "iat": 0, "exp": 4_000_000_000, "jti": "1",
    "roles": ["portal"], "branch": "",
}  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "other"},
        {"aud": "other"},
        {"roles": ["root"]},
        {"roles": []},
        {"roles": 7},
        {"exp": "soon"},
        {"sub": None},
    ],
)
def test_a_token_with_other_claims_proves_nothing(changed: dict[str, object]) -> None:
    assert SIGNER.read(jwt.encode(CLAIMS, KEY, algorithm="HS256"), now=NOW).client_id == "portal-1"
    with pytest.raises(TokenRefused):
        SIGNER.read(jwt.encode(CLAIMS | changed, KEY, algorithm="HS256"), now=NOW)


def test_an_unsigned_token_proves_nothing() -> None:
    with pytest.raises(TokenRefused):
        SIGNER.read(jwt.encode(CLAIMS, "", algorithm="none"), now=NOW)


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 31, "a" * 64, "changeme-changeme-changeme-changeme-0123456789", "abcabcabcabc" * 4]
)
def test_a_guessable_signing_key_is_refused(key: str) -> None:
    with pytest.raises(SigningKeyRefused):
        check_signing_key(key)


def test_a_random_signing_key_is_taken() -> None:
    assert check_signing_key(KEY.decode()) == KEY
