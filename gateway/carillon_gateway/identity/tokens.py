"""Signs and reads bearer tokens (JWT, HS256); it must not look at the clock nor at the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from carillon_gateway.identity.clients import Caller, Client, Role

ALGORITHM = "HS256"
ISSUER = "carillon-gateway"
AUDIENCE = "carillon"
# RFC 7518 section 3.2: an HS256 key has at least the hash's own size.
KEY_MIN_BYTES = 32
# A key of few different characters is a word or a row of one letter, whatever its length.
KEY_MIN_DISTINCT = 12
# What examples, templates and tutorials put where a key belongs.
PLACEHOLDERS = (
    "changeme",
    "change-me",
    "change_me",
    "default",
    "example",
    "insecure",
    "password",
    "your-",
    "secretkey",
)
REQUIRED_CLAIMS = ["iss", "aud", "sub", "iat", "exp", "jti", "roles", "branch"]


class SigningKeyRefused(ValueError):
    """The signing key is one that an attacker could guess; the gateway does not start with it."""


class TokenRefused(Exception):
    """A bearer token that proves nothing; the reason is one of TOKEN_EXPIRED and TOKEN_INVALID."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def check_signing_key(text: str) -> bytes:
    """The key's bytes. Raises SigningKeyRefused for a short, a default or a monotonous one."""
    key = text.encode()
    if len(key) < KEY_MIN_BYTES:
        raise SigningKeyRefused(f"the token key has {len(key)} bytes; it needs at least {KEY_MIN_BYTES} random ones")
    lowered = text.lower()
    if any(placeholder in lowered for placeholder in PLACEHOLDERS):
        raise SigningKeyRefused("the token key is a placeholder of an example; make a random one")
    if len(set(text)) < KEY_MIN_DISTINCT:
        raise SigningKeyRefused("the token key repeats itself; make a random one")
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSigner:
    """Makes and reads tokens with one key. ``lifetime_seconds`` is told to the client as expires_in."""

    key: bytes
    lifetime_seconds: int = 3600

    def sign(self, client: Client, *, now: datetime, token_id: str) -> str:
        """A token for the client that holds until ``now`` plus the lifetime."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=self.lifetime_seconds)).timestamp()),
            "jti": token_id,
            "roles": [client.role.value],
            "branch": client.branch,
        }
        return jwt.encode(claims, self.key, algorithm=ALGORITHM)

    def read(self, token: str, *, now: datetime) -> Caller:
        """Who the token speaks for. Raises TokenRefused, with the same words whatever was forged."""
        try:
            claims = jwt.decode(
                token,
                self.key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # The time is compared below, against the clock that was handed in.
                options={"require": REQUIRED_CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            expires = int(claims["exp"])
            caller = Caller(client_id=str(claims["sub"]), role=Role(claims["roles"][0]), branch=str(claims["branch"]))
        except (jwt.InvalidTokenError, ValueError, TypeError, IndexError, KeyError):
            raise TokenRefused(
                "TOKEN_INVALID", "the bearer token was not issued by this gateway; ask POST /oauth2/token for one"
            ) from None
        if now.timestamp() >= expires:
            raise TokenRefused("TOKEN_EXPIRED", "the bearer token has expired; ask POST /oauth2/token for a new one")
        return caller
