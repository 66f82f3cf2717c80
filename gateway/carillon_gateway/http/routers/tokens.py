"""Bearer tokens for clients (OAuth 2.0 client credentials, RFC 6749); errors have that document's own shape."""

import base64
import binascii
from urllib.parse import unquote_plus

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from carillon_gateway.http.guard import Guard, GuardedRoute, note_change
from carillon_gateway.http.models.shapes import Answer
from carillon_gateway.identity.authentication import ClientRefused
from carillon_gateway.identity.clients import Caller, Client

router = APIRouter(tags=["tokens"], route_class=GuardedRoute)

GRANT = "client_credentials"
# A form of four short fields; more is no token request.
FIELDS_LIMIT = 8
UNCACHED = {"cache-control": "no-store", "pragma": "no-cache"}
CHALLENGE = {"www-authenticate": 'Basic realm="carillon", charset="UTF-8"'}

DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": [GRANT]},
                        "client_id": {"type": "string", "description": "Here or by HTTP Basic, not both"},
                        "client_secret": {"type": "string"},
                        "scope": {"type": "string", "description": "The client's own role, or nothing"},
                    },
                }
            }
        },
    }
}


class Token(Answer):
    """A bearer token."""

    access_token: str
    token_type: str = Field(examples=["Bearer"])
    expires_in: int = Field(description="Seconds it holds", examples=[3600])
    scope: str = Field(description="The client's role", examples=["portal"])


class TokenError(Answer):
    """RFC 6749 section 5.2."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


class OAuthError(Exception):
    """A token request refused, in the words of RFC 6749."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description


@router.post(
    "/oauth2/token",
    summary="Get a bearer token",
    response_model=Token,
    openapi_extra=DOCUMENT,
    responses={400: {"model": TokenError}, 401: {"model": TokenError}},
)
async def issue_token(request: Request) -> Response:
    """Client credentials by HTTP Basic or in the form; the token is sent as Authorization: Bearer."""
    guard: Guard = request.app.state.guard
    client: Client | None = None
    try:
        async with request.form(max_files=0, max_fields=FIELDS_LIMIT) as form:
            client_id, client_secret = _credentials(request, form)
            client = await _prove(guard, request, client_id, client_secret)
            _check_grant(form, client)
        token = Token(
            access_token=guard.authentication.sign(client),
            token_type="Bearer",  # noqa: S106 -- the scheme's name
            expires_in=guard.signer.lifetime_seconds,
            scope=client.role.value,
        )
        response: Response = Response(token.model_dump_json(), media_type="application/json", headers=UNCACHED)
    except OAuthError as error:
        headers = UNCACHED | (CHALLENGE if error.status == 401 else {})  # noqa: PLR2004 -- the status itself
        body = {"error": error.error, "error_description": error.description}
        response = JSONResponse(body, status_code=error.status, headers=headers)
    if client is not None:
        caller = Caller(client_id=client.client_id, role=client.role, branch=client.branch)
        note_change(guard, request, "issue_token", caller, response)
    return response


async def _prove(guard: Guard, request: Request, client_id: str, client_secret: str) -> Client:
    address = request.client.host if request.client else ""
    try:
        return await guard.authentication.prove(client_id, client_secret, address=address)
    except ClientRefused:
        raise OAuthError(401, "invalid_client", "the client id or its secret is wrong") from None


def _check_grant(form: FormData, client: Client) -> None:
    if _single(form, "grant_type") != GRANT:
        raise OAuthError(400, "unsupported_grant_type", f"grant_type must be {GRANT}")
    if _single(form, "scope") not in {"", client.role.value}:
        raise OAuthError(400, "invalid_scope", f"this client's scope is {client.role}")


def _credentials(request: Request, form: FormData) -> tuple[str, str]:
    if not _single(form, "grant_type"):
        raise OAuthError(400, "invalid_request", f"send grant_type={GRANT} in the form")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    client_id, client_secret = _single(form, "client_id"), _single(form, "client_secret")
    if not scheme:
        if not client_id or not client_secret:
            raise OAuthError(401, "invalid_client", "send client id and secret by HTTP Basic or in the form")
        return client_id, client_secret
    if client_secret:
        raise OAuthError(400, "invalid_request", "send the secret by HTTP Basic or in the form, not both")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    basic_id, colon, basic_secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise OAuthError(401, "invalid_client", "the Authorization header is no HTTP Basic with id and secret")
    return unquote_plus(basic_id), unquote_plus(basic_secret)


def _single(form: FormData, name: str) -> str:
    values = form.getlist(name)
    if len(values) > 1:
        raise OAuthError(400, "invalid_request", f"send {name} once")
    return str(values[0]) if values else ""
