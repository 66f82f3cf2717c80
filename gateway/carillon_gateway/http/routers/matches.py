"""The match library, matches of everyone and one subscriber's match over HTTP; svc-segment matches."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse

from carillon.segment.v1 import match_pb2
from carillon_chassis.client import invoke, invoke_stream
from carillon_gateway.http.file_streams import file_response
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.matches import (
    LoadedMatchLibrary,
    Match,
    MatchedService,
    MatchLibrary,
    MatchRule,
    PutMatchedService,
    RequestMatch,
    SubscriberMatch,
    parse_rule,
    render_library,
    render_match,
    render_rule,
    render_service,
    render_subscriber_match,
)
from carillon_gateway.http.models.shapes import Msisdn, ShortText
from carillon_gateway.http.numbers import normalise_msisdn

router = APIRouter(prefix="/api/v1", tags=["matching"], route_class=GuardedRoute)

CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
# A list of millions is minutes on a slow line.
LIST_TIMEOUT_SECONDS = 900.0


@router.get("/match-rules", summary="Look at the match library")
async def list_match_rules(call: CallDep) -> MatchLibrary:
    """Services, and the rules by rank: layer, then priority."""
    return render_library(await invoke(call.peers.matches.GetMatchLibrary, match_pb2.GetMatchLibraryRequest()))


@router.put("/match-services/{code}", summary="Add or change a service of the match library")
async def put_match_service(
    code: Annotated[ShortText, Path()], body: PutMatchedService, call: CallDep
) -> MatchedService:
    """A rule that can't be read answers 422 with its field and position."""
    service = match_pb2.MatchedService(code=code, owned_when=body.owned_when, terminal=body.terminal)
    request = match_pb2.PutMatchedServiceRequest(request_id=call.request_id, service=service)
    return render_service((await invoke(call.peers.matches.PutMatchedService, request)).service)


@router.post("/match-rules", status_code=201, summary="Add a rule to the match library")
async def create_match_rule(body: MatchRule, call: CallDep) -> MatchRule:
    """MATCH_SERVICE_UNKNOWN answers 404, MATCH_RULE_TAKEN 409; a rule that can't be read 422 with its position."""
    request = match_pb2.CreateMatchRuleRequest(request_id=call.request_id, rule=parse_rule(body))
    return render_rule((await invoke(call.peers.matches.CreateMatchRule, request)).rule)


@router.post("/match-rules/load", summary="Add the rules that the product ships")
async def load_match_library(call: CallDep) -> LoadedMatchLibrary:
    """Adds what stands nowhere yet and changes nothing that stands; a rule over an attribute that is not there is left out."""
    request = match_pb2.LoadMatchLibraryRequest(request_id=call.request_id)
    loaded = await invoke(call.peers.matches.LoadMatchLibrary, request)
    return LoadedMatchLibrary(services=loaded.services, rules=loaded.rules, left_out=dict(loaded.left_out))


@router.post("/match-rules/{code}/end", status_code=204, summary="End a rule of the match library")
async def end_match_rule(code: Annotated[ShortText, Path()], call: CallDep) -> None:
    """Matches that used it keep it; its code may be given again."""
    await invoke(call.peers.matches.EndMatchRule, match_pb2.EndMatchRuleRequest(request_id=call.request_id, code=code))


@router.post("/matches", status_code=202, summary="Match everyone")
async def request_match(body: RequestMatch, call: CallDep) -> Match:
    """Begins a match by the library as it stands; GET /matches/{id} says how far it is."""
    request = match_pb2.RequestMatchRequest(request_id=call.request_id, month=body.month or "")
    return render_match((await invoke(call.peers.matches.RequestMatch, request)).match)


@router.get("/matches/{id}", summary="Look at a match")
async def get_match(id: UUID, call: CallDep) -> Match:  # noqa: A002 -- the contract's name
    """How far it is and, once done, what every rule came to."""
    return render_match((await invoke(call.peers.matches.GetMatch, match_pb2.GetMatchRequest(id=str(id)))).match)


@router.get(
    "/matches/{id}/list", summary="Take a match's list for a channel", response_class=StreamingResponse, responses=CSV
)
async def get_match_list(
    id: UUID,  # noqa: A002 -- the contract's name
    call: CallDep,
    rule: Annotated[ShortText, Query()] = "",
    channel: Annotated[ShortText, Query()] = "",
    branch: Annotated[ShortText, Query()] = "",
    numbers: Annotated[bool, Query(description="With the numbers, for who dials")] = False,
) -> StreamingResponse:
    """CSV: subscriber, branch, place, service, rule, channels, hours, nearest hall and day of the data; a branch gets its own alone."""
    request = match_pb2.ExtractMatchRequest(id=str(id), rule=rule, channel=channel, branch=branch, with_msisdn=numbers)
    stream = invoke_stream(call.peers.matches.ExtractMatch, request, timeout_seconds=LIST_TIMEOUT_SECONDS)
    return await file_response(stream, f"match-{id}.csv")


@router.get("/subscribers/{msisdn}/match", summary="See what a subscriber is recommended, and why")
async def get_subscriber_match(msisdn: Annotated[Msisdn, Path()], call: CallDep) -> SubscriberMatch:
    """By the newest match; a service taken up since is no longer among them. NO_MATCH answers 409."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    request = match_pb2.ExplainMatchRequest(subscriber_id=subscriber_id)
    return render_subscriber_match(await invoke(call.peers.matches.ExplainMatch, request))
