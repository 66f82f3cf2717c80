"""What the systems behind lines tell us: results of pushes, multimedia messages, events of the app store.

No token: such systems know no OAuth. svc-channel checks each by what its line knows (a signed push-id, HTTP Basic, an
HMAC) before it keeps anything; the gateway passes on octets and must not read them.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from carillon.channel.v1 import callback_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import LimitExceeded
from carillon_gateway.http.guard import PROVEN_KEY, Call, CallDep, GuardedRoute

router = APIRouter(prefix="/api/v1/channel", tags=["channel"], route_class=GuardedRoute)

# What a peer proves itself with, and how it names its request.
FORWARDED: Final = ("authorization", "idempotency-key", "x-carillon-timestamp", "x-carillon-signature")
LONGEST_HEADER: Final = 1024
LONGEST_CONTENT_TYPE: Final = 512
# svc-channel takes no more; a multimedia message has at most a third of it.
BODY_LIMIT_BYTES: Final = 1024 * 1024
LINE: Final = r"^[a-z][a-z0-9_-]{0,30}$"
LineQuery = Annotated[str, Query(pattern=LINE, description="The line that the peer is behind, by its name.")]


def _document(*media_types: str) -> dict[str, Any]:
    schema = {"type": "string", "format": "binary"}
    return {"requestBody": {"required": True, "content": {name: {"schema": schema} for name in media_types}}}


@router.post(
    "/pap",
    status_code=202,
    summary="Post the result of a push",
    response_class=Response,
    openapi_extra=_document("application/xml"),
)
async def take_push_result(line: LineQuery, call: CallDep, request: Request) -> Response:
    """A PAP result notification of a push proxy, answered by PAP. PUSH_NOT_OURS refuses a push-id that we never gave."""
    return await _take("pap", line, call, request)


@router.post(
    "/mm7",
    summary="Hand in a multimedia message or a report on one",
    response_class=Response,
    openapi_extra=_document("text/xml", "multipart/related"),
)
async def take_multimedia(line: LineQuery, call: CallDep, request: Request) -> Response:
    """MM7 of an MMSC (DeliverReq, DeliveryReportReq, ReadReplyReq), with HTTP Basic, answered by MM7."""
    return await _take("mm7", line, call, request)


@router.post(
    "/mobile-market",
    status_code=202,
    summary="Tell an event of the app store",
    response_class=Response,
    openapi_extra=_document("application/json"),
)
async def take_market_event(line: LineQuery, call: CallDep, request: Request) -> Response:
    """A signed event of the app store, kept once under its Idempotency-Key. 202 {accepted, replayed}."""
    return await _take("market", line, call, request)


async def _take(protocol: str, line: str, call: Call, request: Request) -> Response:
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    headers = {name: request.headers[name] for name in FORWARDED if name in request.headers}
    if len(body) > BODY_LIMIT_BYTES or len(content_type) > LONGEST_CONTENT_TYPE:
        raise LimitExceeded(reason="CALLBACK_TOO_LARGE", detail=f"a body has at most {BODY_LIMIT_BYTES} bytes")
    if any(len(value) > LONGEST_HEADER for value in headers.values()):
        raise LimitExceeded(reason="CALLBACK_TOO_LARGE", detail=f"a header has at most {LONGEST_HEADER} characters")
    asked = callback_pb2.TakeCallbackRequest(
        protocol=protocol, line=line, content_type=content_type, headers=headers, body=body
    )
    answer = await invoke(call.peers.callbacks.TakeCallback, asked)
    request.scope[PROVEN_KEY] = answer.proven
    return Response(answer.body, status_code=answer.status, media_type=answer.content_type)
