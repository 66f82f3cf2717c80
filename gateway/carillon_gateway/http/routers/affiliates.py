"""Affiliates over HTTP: registration, links, what came of them, statements; svc-reward decides who may see whose."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from carillon.reward.v1 import affiliate_pb2, commission_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.affiliates import (
    Affiliate,
    AffiliateEvents,
    AffiliateId,
    CreateLink,
    Experiences,
    ExperiencesBooked,
    Link,
    RegisterAffiliate,
    parse_affiliate,
    parse_experiences,
    render_affiliate,
    render_events,
)
from carillon_gateway.http.models.commissions import (
    StatementPage,
    Statements,
    render_statement,
    render_statement_page,
)
from carillon_gateway.http.models.shapes import Month, Text
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1/affiliates", tags=["affiliates"], route_class=GuardedRoute)

Id = Annotated[AffiliateId, Path()]
Cursor = Annotated[Text, Query(max_length=200, description="cursor of the answer before; empty from the first event")]


@router.post("", status_code=201, summary="Register an affiliate")
async def register_affiliate(body: RegisterAffiliate, call: CallDep, response: Response) -> Affiliate:
    """Gives the id that clicks, experiences and handlings are attributed to (GWY-10)."""
    answer = await invoke(call.peers.affiliates.RegisterAffiliate, parse_affiliate(body, request_id=call.request_id))
    response.headers["location"] = f"/api/v1/affiliates/{answer.affiliate.id}"
    return render_affiliate(answer.affiliate)


@router.get("/{id}", summary="Look at an affiliate")
async def get_affiliate(id: Id, call: CallDep) -> Affiliate:  # noqa: A002 -- the contract's name
    """Its own, its branch's or the province's; AFFILIATE_UNKNOWN answers 404 to all others."""
    answer = await invoke(call.peers.affiliates.GetAffiliate, affiliate_pb2.GetAffiliateRequest(id=id))
    return render_affiliate(answer.affiliate)


@router.post("/{id}/links", status_code=201, summary="Make a link to spread")
async def create_link(id: Id, body: CreateLink, call: CallDep, request: Request) -> Link:  # noqa: A002 -- the contract's name
    """Every click on it is booked for the affiliate (RWD-14, RWD-15); one visitor's clicks earn once a day."""
    asked = affiliate_pb2.CreateLinkRequest(
        request_id=call.request_id, affiliate_id=id, service=body.service, target=body.target
    )
    made = await invoke(call.peers.affiliates.CreateLink, asked)
    return Link(id=made.token, url=call.link(request, f"/r/{made.token}"), service=made.service, target=made.target)


@router.post("/{id}/experiences", summary="Tell what an affiliate's visitors tried")
async def record_experiences(id: Id, body: Experiences, call: CallDep) -> ExperiencesBooked:  # noqa: A002 -- the contract's name
    """The portal tells it, not who earns by it; a reference counts once."""
    request = parse_experiences(body, affiliate_id=id, request_id=call.request_id)
    answer = await invoke(call.peers.affiliates.RecordExperiences, request)
    return ExperiencesBooked(booked=answer.booked)


@router.get("/{id}/events", summary="See what came of an affiliate's work")
async def list_affiliate_events(
    id: Id,  # noqa: A002 -- the contract's name
    call: CallDep,
    cursor: Cursor = "",
    page_size: PageSize = DEFAULT_PAGE_SIZE,
) -> AffiliateEvents:
    """Clicks, experiences and handlings within a second, each with what it earns or why it does not (RWD-24)."""
    request = affiliate_pb2.ListAffiliateEventsRequest(affiliate_id=id, cursor=cursor, page_size=page_size)
    return render_events(await invoke(call.peers.affiliates.ListAffiliateEvents, request))


@router.get("/{id}/statements", summary="List an affiliate's statements")
async def list_affiliate_statements(
    id: Id,  # noqa: A002 -- the contract's name
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Statements:
    """One a month, with totals by kind and state."""
    request = commission_pb2.ListStatementsRequest(affiliate_id=id, page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.commissions.ListStatements, request)
    return Statements(
        statements=[render_statement(statement) for statement in answer.statements],
        next_page_token=answer.next_page_token,
    )


@router.get("/{id}/statements/{month}", summary="Look at an affiliate's month")
async def get_statement(
    id: Id,  # noqa: A002 -- the contract's name
    month: Annotated[Month, Path()],
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> StatementPage:
    """Its lines, its totals, and what the ledger says."""
    request = commission_pb2.GetStatementRequest(
        affiliate_id=id, month=month, page_size=page_size, page_token=page_token
    )
    return render_statement_page(await invoke(call.peers.commissions.GetStatement, request))
