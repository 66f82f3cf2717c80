"""Commission policies, refunds and all affiliates' statements over HTTP; svc-reward decides who may do what."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from carillon.reward.v1 import commission_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.commissions import (
    CreatePolicy,
    OrderRefunded,
    Policies,
    Policy,
    RefundOrder,
    StatementProof,
    Statements,
    parse_policy,
    render_policy,
    render_statement,
)
from carillon_gateway.http.models.shapes import Month
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1", tags=["commissions"], route_class=GuardedRoute)

# Pages and proofs add up every line there is; millions take seconds.
TIMEOUT_SECONDS = 60.0
Number = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.post("/commission-policies", status_code=201, summary="Propose a commission policy")
async def create_policy(body: CreatePolicy, call: CallDep, response: Response) -> Policy:
    """Rates, tiers and caps are dated data (A-22); what the matrix does not state takes ``beyond_matrix``."""
    answer = await invoke(call.peers.commissions.CreatePolicy, parse_policy(body, request_id=call.request_id))
    response.headers["location"] = f"/api/v1/commission-policies/{answer.policy.number}"
    return render_policy(answer.policy)


@router.post("/commission-policies/{number}/approve", summary="Approve a commission policy")
async def approve_policy(number: Number, call: CallDep) -> Policy:
    """By another person than its maker: MAKER_IS_CHECKER answers 403."""
    request = commission_pb2.ApprovePolicyRequest(request_id=call.request_id, number=number)
    return render_policy((await invoke(call.peers.commissions.ApprovePolicy, request)).policy)


@router.get("/commission-policies", summary="List commission policies")
async def list_policies(call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = "") -> Policies:
    """Approved or not, in the order of their numbers."""
    request = commission_pb2.ListPoliciesRequest(page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.commissions.ListPolicies, request)
    return Policies(
        policies=[render_policy(policy) for policy in answer.policies], next_page_token=answer.next_page_token
    )


@router.post("/commission-refunds", summary="Take an order's commission back")
async def refund_order(body: RefundOrder, call: CallDep) -> OrderRefunded:
    """Void before the lock, a negative line after it."""
    request = commission_pb2.RefundOrderRequest(request_id=call.request_id, order_id=body.order_id)
    answer = await invoke(call.peers.commissions.RefundOrder, request)
    return OrderRefunded(voided=answer.voided, deducted=answer.deducted)


@router.get("/commission-statements", summary="List everybody's statements of a month")
async def list_statements(
    call: CallDep,
    month: Annotated[Month, Query()],
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Statements:
    """Totals by affiliate, outlet and partner (RWD-27)."""
    request = commission_pb2.ListStatementsRequest(month=month, page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.commissions.ListStatements, request, timeout_seconds=TIMEOUT_SECONDS)
    return Statements(
        statements=[render_statement(statement) for statement in answer.statements],
        next_page_token=answer.next_page_token,
    )


@router.get("/commission-statements/proof", summary="Prove that statements equal the ledger")
async def prove_statements(call: CallDep) -> StatementProof:
    """All lines of all affiliates against all balances, to the unit."""
    request = commission_pb2.ProveStatementsRequest()
    answer = await invoke(call.peers.commissions.ProveStatements, request, timeout_seconds=TIMEOUT_SECONDS)
    return StatementProof(
        sound=not answer.differing,
        affiliates=answer.affiliates,
        lines=answer.lines,
        differing=list(answer.differing),
    )
