"""Referrals over HTTP: programmes, codes, who recommended whom; svc-reward decides what counts and who earns."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from carillon.reward.v1 import referral_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.referrals import (
    AcceptCode,
    CreateProgramme,
    IssueCode,
    IssuedCode,
    Programme,
    ProgrammeNumber,
    Programmes,
    RecommendFriend,
    Referral,
    ReferralCode,
    Referrals,
    parse_programme,
    render_programme,
    render_referral,
    render_referrals,
)
from carillon_gateway.http.models.shapes import Msisdn
from carillon_gateway.http.numbers import mask_numbers, normalise_msisdn
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["referrals"], route_class=GuardedRoute)


@router.post("/referral-programmes", status_code=201, summary="Propose a referral programme")
async def create_referral_programme(body: CreateProgramme, call: CallDep, response: Response) -> Programme:
    """What a friend has to do and what both sides earn. PROGRAMME_INVALID, OFFER_INVALID and REWARD_INVALID answer 422."""
    request = parse_programme(body, request_id=call.request_id)
    programme = (await invoke(call.peers.referrals.CreateProgramme, request)).programme
    response.headers["location"] = f"/api/v1/referral-programmes/{programme.number}"
    return render_programme(programme)


@router.post("/referral-programmes/{number}/approve", summary="Approve a referral programme")
async def approve_referral_programme(number: Annotated[ProgrammeNumber, Path()], call: CallDep) -> Programme:
    """Whoever proposed it may not: MAKER_IS_CHECKER answers 403."""
    request = referral_pb2.ApproveProgrammeRequest(request_id=call.request_id, number=number)
    return render_programme((await invoke(call.peers.referrals.ApproveProgramme, request)).programme)


@router.post("/referral-programmes/{number}/end", summary="End a referral programme")
async def end_referral_programme(number: Annotated[ProgrammeNumber, Path()], call: CallDep) -> Programme:
    """Nobody is recommended by it any more; who was may complete it. PROGRAMME_STATE answers 409."""
    request = referral_pb2.EndProgrammeRequest(request_id=call.request_id, number=number)
    return render_programme((await invoke(call.peers.referrals.EndProgramme, request)).programme)


@router.get("/referral-programmes", summary="List referral programmes")
async def list_referral_programmes(
    call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = ""
) -> Programmes:
    """Approved or not, in the order of their numbers."""
    request = referral_pb2.ListProgrammesRequest(page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.referrals.ListProgrammes, request)
    return Programmes(
        programmes=[render_programme(programme) for programme in answer.programmes],
        next_page_token=answer.next_page_token,
    )


@router.post("/referral-codes", status_code=201, summary="Get a code to give out")
async def issue_referral_code(body: IssueCode, call: CallDep) -> IssuedCode:
    """One a subscriber and programme (RWD-08). PROGRAMME_NOT_RUNNING and REFERRER_NOT_USER answer 409."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(body.msisdn))
    request = referral_pb2.IssueCodeRequest(
        request_id=call.request_id, programme=body.programme, subscriber_id=subscriber_id
    )
    return IssuedCode(code=(await invoke(call.peers.referrals.IssueCode, request)).code, programme=body.programme)


@router.post("/referral-codes/{code}/accept", status_code=201, summary="Accept a recommendation by its code")
async def accept_referral_code(code: Annotated[ReferralCode, Path()], body: AcceptCode, call: CallDep) -> Referral:
    """The friend's step. REFERRAL_CODE_INVALID answers 422, REFERRAL_CODE_UNKNOWN 404, the rest as a recommendation."""
    number = normalise_msisdn(body.msisdn)
    request = referral_pb2.AcceptCodeRequest(
        request_id=call.request_id,
        code=code,
        friend_id=await call.peers.subscriber_id(number),
        friend_hint=mask_numbers(number),
    )
    return render_referral((await invoke(call.peers.referrals.AcceptCode, request)).referral)


@router.post("/referrals", status_code=201, summary="Recommend a service to a friend")
async def recommend_friend(body: RecommendFriend, call: CallDep) -> Referral:
    """Names a friend who never used the service (RWD-06); both earn when the friend has done it all.

    SELF_REFERRAL answers 422; FRIEND_IS_USER, FRIEND_RECOMMENDED, REFERRAL_LOOP, REFERRER_LIMIT, REFERRER_NOT_USER and
    PROGRAMME_NOT_RUNNING answer 409.
    """
    number, friend = normalise_msisdn(body.msisdn), normalise_msisdn(body.friend, field="friend")
    request = referral_pb2.RecommendFriendRequest(
        request_id=call.request_id,
        programme=body.programme,
        referrer_id=await call.peers.subscriber_id(number),
        friend_id=await call.peers.subscriber_id(friend, field="friend"),
        friend_hint=mask_numbers(friend),
    )
    return render_referral((await invoke(call.peers.referrals.RecommendFriend, request)).referral)


@router.get("/subscribers/{msisdn}/referrals", summary="List whom a subscriber has recommended")
async def list_referrals(
    msisdn: Annotated[Msisdn, Path()],
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Referrals:
    """The newest first, with state and what was earned. SUBSCRIBER_UNKNOWN answers 404."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    request = referral_pb2.ListReferralsRequest(referrer_id=subscriber_id, page_size=page_size, page_token=page_token)
    return render_referrals(await invoke(call.peers.referrals.ListReferrals, request))
