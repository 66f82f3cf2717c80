"""Grant rules and grants over HTTP; svc-reward decides who may do what."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from carillon.catalog.v1 import order_pb2
from carillon.reward.v1 import grant_pb2, ledger_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import Call, CallDep, GuardedRoute
from carillon_gateway.http.models.grant_rules import (
    CreateGrantRule,
    GrantRule,
    GrantRules,
    parse_grant_rule,
    render_grant_rule,
)
from carillon_gateway.http.models.grants import (
    Awarded,
    AwardRewards,
    ChooseReward,
    Grant,
    Grants,
    OrderRewards,
    RetriedRefusals,
    render_grant,
    render_order_rewards,
)
from carillon_gateway.http.models.shapes import Msisdn
from carillon_gateway.http.numbers import normalise_msisdn
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["grants"], route_class=GuardedRoute)

Number = Annotated[int, Path(ge=1, lt=1 << 63)]
# A page of refusals, or what a jury says of many, is booked in one transaction.
RETRY_SECONDS = 30.0
StaffId = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["promoter-3"])]


@router.post("/grant-rules", status_code=201, summary="Propose a grant rule")
async def create_grant_rule(body: CreateGrantRule, call: CallDep, response: Response) -> GrantRule:
    """What earns which reward, from when to when (RWD-22): points, benefits, draw entries or prizes (RWD-04).

    GRANT_RULE_INVALID, SHAPE_INVALID, OFFER_INVALID, REWARD_INVALID and REWARD_NOT_FOR_OWNER answer 422 and name the
    field; PRIZE_UNKNOWN, DRAW_UNKNOWN and GRANT_RULE_UNKNOWN answer 404.
    """
    request = parse_grant_rule(body, request_id=call.request_id)
    rule = (await invoke(call.peers.grants.CreateGrantRule, request)).rule
    response.headers["location"] = f"/api/v1/grant-rules/{rule.number}"
    return render_grant_rule(rule)


@router.get("/grant-rules", summary="List grant rules")
async def list_grant_rules(
    call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = ""
) -> GrantRules:
    """Proposed, approved and ended, in the order of their numbers."""
    request = grant_pb2.ListGrantRulesRequest(page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.grants.ListGrantRules, request)
    return GrantRules(rules=[render_grant_rule(rule) for rule in answer.rules], next_page_token=answer.next_page_token)


@router.post("/grant-rules/{number}/approve", summary="Approve a grant rule")
async def approve_grant_rule(number: Number, call: CallDep) -> GrantRule:
    """By another person than its maker: MAKER_IS_CHECKER answers 403."""
    request = grant_pb2.ApproveGrantRuleRequest(request_id=call.request_id, number=number)
    return render_grant_rule((await invoke(call.peers.grants.ApproveGrantRule, request)).rule)


@router.post("/grant-rules/{number}/end", summary="End a grant rule")
async def end_grant_rule(number: Number, call: CallDep) -> GrantRule:
    """For what is done from now on; what was granted stays."""
    request = grant_pb2.EndGrantRuleRequest(request_id=call.request_id, number=number)
    return render_grant_rule((await invoke(call.peers.grants.EndGrantRule, request)).rule)


@router.post("/grant-rules/{number}/awards", summary="Award what a jury has judged")
async def award_rewards(number: Number, body: AwardRewards, call: CallDep) -> Awarded:
    """By a rule whose trigger is ``judged`` (RWD-04), once for each reference and subscriber.

    MAKER_IS_CHECKER answers 403 to who proposed the rule, SUBSCRIBER_UNKNOWN and GRANT_RULE_UNKNOWN answer 404.
    """
    numbers = [normalise_msisdn(msisdn) for msisdn in body.msisdns]
    subscriber_ids = await call.peers.subscriber_ids(numbers)
    request = grant_pb2.AwardRewardsRequest(
        request_id=call.request_id, rule=number, reference=body.reference, subscriber_ids=subscriber_ids
    )
    answer = await invoke(call.peers.grants.AwardRewards, request, timeout_seconds=RETRY_SECONDS)
    return Awarded(grants=[render_grant(grant) for grant in answer.grants])


@router.get("/grant-rules/{number}/refusals", summary="List what a rule could not grant")
async def list_refusals(
    number: Number, call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = ""
) -> Grants:
    """With the reason of each, such as INSUFFICIENT_FUNDS. GRANT_RULE_UNKNOWN answers 404."""
    request = grant_pb2.ListRefusalsRequest(rule=number, page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.grants.ListRefusals, request)
    return Grants(grants=[render_grant(grant) for grant in answer.grants], next_page_token=answer.next_page_token)


@router.post("/grant-rules/{number}/refusals/retry", summary="Try a rule's refused grants again")
async def retry_refusals(number: Number, call: CallDep, page_token: PageToken = "") -> RetriedRefusals:
    """A page of them, such as after a budget was funded; go on with ``next_page_token`` until it is empty."""
    request = grant_pb2.RetryRefusalsRequest(request_id=call.request_id, rule=number, page_token=page_token)
    answer = await invoke(call.peers.grants.RetryRefusals, request, timeout_seconds=RETRY_SECONDS)
    return RetriedRefusals(tried=answer.tried, given=answer.given, next_page_token=answer.next_page_token)


@router.get("/orders/{id}/rewards", summary="Ask what an order earned")
async def get_order_rewards(id: UUID, call: CallDep) -> OrderRewards:  # noqa: A002 -- the contract's name
    """Activation, points and commission as they stand now (RWD-24). ORDER_UNKNOWN answers 404."""
    found, rewards = await asyncio.gather(
        invoke(call.peers.orders.GetOrder, order_pb2.GetOrderRequest(order_id=str(id))),
        invoke(call.peers.grants.GetOrderRewards, grant_pb2.GetOrderRewardsRequest(order_id=str(id))),
    )
    return render_order_rewards(found.order, rewards)


@router.get("/subscribers/{msisdn}/grants", summary="List what a subscriber was granted")
async def list_subscriber_grants(
    msisdn: Annotated[Msisdn, Path()],
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Grants:
    """What moved last first, also what waits for a choice (RWD-24). SUBSCRIBER_UNKNOWN answers 404."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    kind = ledger_pb2.ACCOUNT_KIND_SUBSCRIBER
    return await _grants(call, kind, str(subscriber_id), page_size=page_size, page_token=page_token)


@router.get("/staff/{id}/grants", summary="List what a member of staff was granted")
async def list_staff_grants(
    id: StaffId,  # noqa: A002 -- as everywhere else
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Grants:
    """Competition points and what earned them (RWD-10), for the assessment of promoters (RWD-44)."""
    return await _grants(call, ledger_pb2.ACCOUNT_KIND_STAFF, id, page_size=page_size, page_token=page_token)


@router.post("/grants/{id}/choose", summary="Choose between equal rewards")
async def choose_reward(id: UUID, body: ChooseReward, call: CallDep) -> Grant:  # noqa: A002 -- the contract's name
    """The owner's choice, once and in time (RWD-07).

    GRANT_UNKNOWN answers 404; CHOICE_MADE, CHOICE_OVER and OUT_OF_STOCK answer 409, the last leaves the choice open.
    """
    request = grant_pb2.ChooseRewardRequest(request_id=call.request_id, grant_id=str(id), choice=body.choice)
    return render_grant((await invoke(call.peers.grants.ChooseReward, request)).grant)


@router.post("/grants/{id}/retry", summary="Try a refused grant again")
async def retry_grant(id: UUID, call: CallDep) -> Grant:  # noqa: A002 -- the contract's name
    """Such as after a budget was funded; the answer says whether it is given now. GRANT_STATE answers 409."""
    request = grant_pb2.RetryGrantRequest(request_id=call.request_id, grant_id=str(id))
    return render_grant((await invoke(call.peers.grants.RetryGrant, request)).grant)


async def _grants(
    call: Call, kind: ledger_pb2.AccountKind.ValueType, owner: str, *, page_size: int, page_token: str
) -> Grants:
    request = grant_pb2.ListGrantsRequest(owner_kind=kind, owner=owner, page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.grants.ListGrants, request)
    return Grants(grants=[render_grant(grant) for grant in answer.grants], next_page_token=answer.next_page_token)
