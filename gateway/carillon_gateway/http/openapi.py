"""Completes the OpenAPI document: how to sign in, what every operation may refuse, the idempotency key."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from carillon_gateway.http.models.events import Event
from carillon_gateway.http.permissions import PUBLIC, roles_for
from carillon_gateway.http.problems import MEDIA_TYPE, Problem

SUMMARY = "Customer-value management for mobile operators: catalogue, segments, campaigns as a closed loop, rewards."
DESCRIPTION = """
Get a token from `POST /oauth2/token` (client credentials) and send it as `Authorization: Bearer`.

* Times are RFC 3339 in UTC, money is `{"amount_fen": 500}`, numbers are E.164 (`+8613800138000`; eleven-digit
  Chinese numbers are accepted).
* Changing calls take `Idempotency-Key`: the same key and body give the first answer again, another body is a 409.
* Errors are `application/problem+json` (RFC 9457) with a stable `reason` and `errors: [{field, rule, detail}]`.
* Lists take `page_size` and `page_token` and answer `next_page_token`.
"""
TAGS = [
    {"name": "tokens", "description": "Signing in (OAuth 2.0 client credentials)"},
    {"name": "catalogue", "description": "Services and their prices"},
    {"name": "orders", "description": "Ordering services"},
    {"name": "scripts", "description": "What people at touch points say to a customer"},
    {"name": "touch points", "description": "Where the operator meets its subscribers, and its outlets"},
    {"name": "subscribers", "description": "One subscriber's own view"},
    {"name": "events", "description": "What subscribers do"},
    {"name": "snapshots", "description": "Loading the subscriber base"},
    {"name": "segments", "description": "Attributes, rules and segments"},
    {"name": "tags", "description": "Tags with confidence, and the scenes that location may be used for"},
    {"name": "matching", "description": "Services for customers: the match library, matches and classes of everyone"},
    {"name": "campaigns", "description": "Precision marketing as a closed loop"},
    {"name": "links", "description": "Tracked links in messages"},
    {"name": "messages", "description": "Single messages, and what subscribers allow with its proof"},
    {"name": "templates", "description": "Templates, hours of peace, and the words that people write or may not read"},
    {"name": "sessions", "description": "Turns of USSD, IVR and the hotline, and the menus that lead them"},
    {"name": "hotline", "description": "The tone hotline's directories, and calls that play a tone"},
    {"name": "robots", "description": "Robots, hand-overs to people, and the knowledge base"},
    {"name": "channel", "description": "What the systems behind lines tell, and what multimedia messages show"},
    {"name": "activities", "description": "Flash sales and group buys, and taking part in them"},
    {"name": "prizes", "description": "Prizes, points redeemed for them, and vouchers"},
    {"name": "draws", "description": "Draws by commit and reveal, and proofs that anybody can verify"},
    {"name": "affiliates", "description": "Who earns commission, their links and statements"},
    {"name": "commissions", "description": "Commission policies, refunds and everybody's statements"},
    {"name": "grants", "description": "Rewards by rule: what earns what, what was granted, and the owner's choice"},
    {"name": "referrals", "description": "Recommendations among friends, and what both sides earn"},
    {"name": "subsidies", "description": "Handset subsidies with a spend agreement, and gifts among friends"},
    {"name": "fulfilment", "description": "Reports of rewards, and what of them is done city by city"},
    {"name": "settlements", "description": "Pay-out runs that two people check"},
    {"name": "ledger", "description": "Proof that every point is accounted for"},
    {"name": "audit", "description": "Who did what, sealed entry by entry"},
    {"name": "operation", "description": "Probes and metrics"},
]
REFUSALS = {
    "400": "The body or the request can't be read",
    "401": "No token, an expired or a forged one; WWW-Authenticate says which",
    "403": "The caller's role may not do this, or the maker may not check the own work",
    "404": "What the request names does not exist",
    "409": "The key was used with another body, or the state does not allow it now",
    "413": "The body is larger than allowed",
    "415": "The body is of another media type",
    "422": "A field breaks a rule; errors names it",
    "429": "Too many requests; Retry-After says when to come back",
    "500": "An internal error",
    "503": "A service is away; Retry-After says when to come back",
}
BODY_REFUSALS = frozenset({"400", "409", "413", "415"})
TOKEN_REFUSALS = frozenset({"401", "403"})
KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a repetition give the first answer again; 1 to 128 printable ASCII characters",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole document; made once and kept by the application."""
    document = get_openapi(
        title=app.title, version=app.version, summary=SUMMARY, description=DESCRIPTION, routes=app.routes, tags=TAGS
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    _, extra = models_json_schema(
        [(Problem, "serialization"), (Event, "validation")], ref_template="#/components/schemas/{model}"
    )
    schemas.update(extra["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = {
        "client": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {}}},
        }
    }
    for method, operation in _operations(document):
        _complete(method, operation)
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        yield from path.items()


def _complete(method: str, operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    changes = method != "get"
    if name not in PUBLIC:
        operation["security"] = [{"client": []}]
        operation["description"] = f"{operation.get('description', '')}\n\nRoles: {', '.join(roles_for(name))}.".strip()
    if changes and name != "issue_token":
        operation.setdefault("parameters", []).append(KEY_PARAMETER)
    responses = operation["responses"]
    for status, meaning in REFUSALS.items():
        if (status in BODY_REFUSALS and not changes) or (status in TOKEN_REFUSALS and name in PUBLIC):
            continue
        if status in responses and status != "422":
            # The operation's own shape, as the token's errors have; it stays.
            continue
        schema = {"$ref": "#/components/schemas/Problem"}
        responses[status] = {"description": meaning, "content": {MEDIA_TYPE: {"schema": schema}}}
