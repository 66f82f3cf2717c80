"""The gRPC face of policies and statements: parses, calls a use case, renders; it must not decide anything."""

from datetime import tzinfo
from typing import Any

import grpc

from carillon.reward.v1 import commission_pb2, commission_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.api.commission_messages import (
    parse_terms,
    render_line,
    render_policy,
    render_position,
    render_statement,
)
from svc_reward.api.page_keys import parse_number_key, parse_statement_key
from svc_reward.app.approve_policy import approve_policy
from svc_reward.app.create_policy import create_policy
from svc_reward.app.get_commission_statement import get_commission_statement
from svc_reward.app.list_commission_statements import list_commission_statements
from svc_reward.app.list_policies import list_policies
from svc_reward.app.prove_commissions import prove_commissions
from svc_reward.app.refund_grants import refund_grants
from svc_reward.app.refund_order import refund_order
from svc_reward.domain.commission_matrix import CommissionMatrix

Context = grpc.aio.ServicerContext[Any, Any]


class CommissionServicer(commission_pb2_grpc.CommissionServiceServicer):
    """Serves carillon.reward.v1.CommissionService."""

    def __init__(
        self, database: Database, commands: Commands, *, matrix: CommissionMatrix, clock: Clock, zone: tzinfo
    ) -> None:
        self._database = database
        self._commands = commands
        self._matrix = matrix
        self._clock = clock
        self._zone = zone

    async def CreatePolicy(  # noqa: N802 -- the name is the protocol's
        self,
        request: commission_pb2.CreatePolicyRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> commission_pb2.CreatePolicyResponse:
        """Proposes. Errors: ROLE_MISSING, POLICY_INVALID, NOT_STATED, AFFILIATE_UNKNOWN."""
        terms = parse_terms(request.terms)

        async def operation(unit: UnitOfWork) -> commission_pb2.CreatePolicyResponse:
            policy = await create_policy(
                unit, identity=current_identity(), matrix=self._matrix, terms=terms, at=self._clock.now()
            )
            return commission_pb2.CreatePolicyResponse(policy=render_policy(policy))

        return await self._commands.run(request, commission_pb2.CreatePolicyResponse, operation)

    async def ApprovePolicy(  # noqa: N802 -- the name is the protocol's
        self,
        request: commission_pb2.ApprovePolicyRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> commission_pb2.ApprovePolicyResponse:
        """Approves. Errors: ROLE_MISSING, MAKER_IS_CHECKER, POLICY_UNKNOWN, POLICY_STATE."""

        async def operation(unit: UnitOfWork) -> commission_pb2.ApprovePolicyResponse:
            policy = await approve_policy(
                unit, identity=current_identity(), number=request.number, at=self._clock.now()
            )
            return commission_pb2.ApprovePolicyResponse(policy=render_policy(policy))

        return await self._commands.run(request, commission_pb2.ApprovePolicyResponse, operation)

    async def ListPolicies(  # noqa: N802 -- the name is the protocol's
        self,
        request: commission_pb2.ListPoliciesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> commission_pb2.ListPoliciesResponse:
        """A page of policies. Errors: ROLE_MISSING, PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        after = parse_number_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            policies = await list_policies(unit, identity=current_identity(), after=after, limit=limit)
        return commission_pb2.ListPoliciesResponse(
            policies=[render_policy(policy) for policy in policies],
            next_page_token=encode_token(policies[-1].number) if len(policies) == limit else "",
        )

    async def RefundOrder(  # noqa: N802 -- the name is the protocol's
        self,
        request: commission_pb2.RefundOrderRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> commission_pb2.RefundOrderResponse:
        """Takes an order's commission back, and soon after what else it earned. Errors: ROLE_MISSING."""

        async def operation(unit: UnitOfWork) -> commission_pb2.RefundOrderResponse:
            voided, deducted = await refund_order(
                unit, identity=current_identity(), order_id=request.order_id, clock=self._clock, zone=self._zone
            )
            await refund_grants(unit, request.order_id, at=self._clock.now())
            return commission_pb2.RefundOrderResponse(voided=voided, deducted=deducted)

        return await self._commands.run(request, commission_pb2.RefundOrderResponse, operation)

    async def ListStatements(  # noqa: N802 -- the name is the protocol's
        self,
        request: commission_pb2.ListStatementsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> commission_pb2.ListStatementsResponse:
        """Totals by month. Errors: ROLE_MISSING, AFFILIATE_UNKNOWN, SCOPE_MISSING, PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        after = parse_statement_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            statements = await list_commission_statements(
                unit,
                identity=current_identity(),
                affiliate_id=request.affiliate_id,
                month=request.month,
                after=after,
                limit=limit,
            )
        last = encode_token(statements[-1].affiliate_id, statements[-1].month) if len(statements) == limit else ""
        return commission_pb2.ListStatementsResponse(
            statements=[render_statement(statement) for statement in statements], next_page_token=last
        )

    async def GetStatement(  # noqa: N802 -- the name is the protocol's
        self,
        request: commission_pb2.GetStatementRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> commission_pb2.GetStatementResponse:
        """One month with its lines. Errors: ROLE_MISSING, AFFILIATE_UNKNOWN, PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        after = parse_number_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            statement, lines, position = await get_commission_statement(
                unit,
                identity=current_identity(),
                affiliate_id=request.affiliate_id,
                month=request.month,
                after=after,
                limit=limit,
            )
        return commission_pb2.GetStatementResponse(
            statement=render_statement(statement),
            lines=[render_line(line) for line in lines],
            next_page_token=encode_token(lines[-1].number) if len(lines) == limit else "",
            ledger=render_position(position),
        )

    async def ProveStatements(  # noqa: N802 -- the name is the protocol's
        self,
        request: commission_pb2.ProveStatementsRequest,  # noqa: ARG002 -- gRPC's signature
        context: Context,  # noqa: ARG002 -- the same
    ) -> commission_pb2.ProveStatementsResponse:
        """Compares all lines with the ledger. Errors: ROLE_MISSING."""
        async with self._database.read() as unit:
            proof = await prove_commissions(unit, identity=current_identity())
        return commission_pb2.ProveStatementsResponse(
            affiliates=proof.affiliates, lines=proof.lines, differing=proof.differing
        )
