"""The gRPC face of grant rules and grants: parses, calls a use case, renders; it must not decide anything."""

from typing import Any
from uuid import UUID

import grpc

from carillon.reward.v1 import grant_pb2, grant_pb2_grpc
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_reward.api.grant_messages import (
    parse_grant_terms,
    render_grant,
    render_grant_rule,
    render_order_rewards,
)
from svc_reward.api.messages import KINDS
from svc_reward.api.page_keys import parse_id_key, parse_moment_key, parse_number_key
from svc_reward.app.approve_grant_rule import approve_grant_rule, end_grant_rule
from svc_reward.app.award_rewards import award_rewards
from svc_reward.app.choose_reward import choose_reward
from svc_reward.app.create_grant_rule import create_grant_rule
from svc_reward.app.list_grants import get_order_rewards, list_grant_rules, list_owner_grants, list_refusals
from svc_reward.app.retry_grant import MAX_RETRIES, retry_grant, retry_refusals
from svc_reward.app.reward_means import RewardMeans
from svc_reward.domain.reward_grant import GrantState
from svc_reward.domain.reward_owner import RewardOwner

Context = grpc.aio.ServicerContext[Any, Any]


class GrantServicer(grant_pb2_grpc.GrantServiceServicer):
    """Serves carillon.reward.v1.GrantService."""

    def __init__(self, database: Database, commands: Commands, *, means: RewardMeans) -> None:
        self._database = database
        self._commands = commands
        self._means = means

    async def CreateGrantRule(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.CreateGrantRuleRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.CreateGrantRuleResponse:
        """Proposes. Errors: ROLE_MISSING, GRANT_RULE_INVALID, SHAPE_INVALID, OFFER_INVALID, REWARD_INVALID, ..."""
        terms = parse_grant_terms(request.terms)

        async def operation(unit: UnitOfWork) -> grant_pb2.CreateGrantRuleResponse:
            now = self._means.clock.now()
            rule = await create_grant_rule(unit, identity=current_identity(), terms=terms, at=now)
            return grant_pb2.CreateGrantRuleResponse(rule=render_grant_rule(rule))

        return await self._commands.run(request, grant_pb2.CreateGrantRuleResponse, operation)

    async def ApproveGrantRule(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.ApproveGrantRuleRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.ApproveGrantRuleResponse:
        """Approves. Errors: ROLE_MISSING, MAKER_IS_CHECKER, GRANT_RULE_UNKNOWN, GRANT_RULE_STATE."""

        async def operation(unit: UnitOfWork) -> grant_pb2.ApproveGrantRuleResponse:
            now = self._means.clock.now()
            rule = await approve_grant_rule(unit, identity=current_identity(), number=request.number, at=now)
            return grant_pb2.ApproveGrantRuleResponse(rule=render_grant_rule(rule))

        return await self._commands.run(request, grant_pb2.ApproveGrantRuleResponse, operation)

    async def EndGrantRule(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.EndGrantRuleRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.EndGrantRuleResponse:
        """Ends. Errors: ROLE_MISSING, GRANT_RULE_UNKNOWN, GRANT_RULE_STATE."""

        async def operation(unit: UnitOfWork) -> grant_pb2.EndGrantRuleResponse:
            now = self._means.clock.now()
            rule = await end_grant_rule(unit, identity=current_identity(), number=request.number, at=now)
            return grant_pb2.EndGrantRuleResponse(rule=render_grant_rule(rule))

        return await self._commands.run(request, grant_pb2.EndGrantRuleResponse, operation)

    async def ListGrantRules(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.ListGrantRulesRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.ListGrantRulesResponse:
        """A page of rules. Errors: ROLE_MISSING, PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        after = parse_number_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            rules = await list_grant_rules(unit, identity=current_identity(), after=after, limit=limit)
        return grant_pb2.ListGrantRulesResponse(
            rules=[render_grant_rule(rule) for rule in rules],
            next_page_token=encode_token(rules[-1].number) if len(rules) == limit else "",
        )

    async def GetOrderRewards(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.GetOrderRewardsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.GetOrderRewardsResponse:
        """Points and commission of an order. Errors: ROLE_MISSING."""
        async with self._database.read() as unit:
            rewards = await get_order_rewards(unit, identity=current_identity(), order_id=request.order_id)
        return render_order_rewards(rewards)

    async def ListGrants(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.ListGrantsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.ListGrantsResponse:
        """A page of one owner's grants. Errors: ROLE_MISSING, OWNER_INVALID, PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        before = parse_moment_key(decode_token(request.page_token))
        owner = RewardOwner(kind=KINDS[request.owner_kind], id=request.owner)
        async with self._database.read() as unit:
            grants = await list_owner_grants(unit, identity=current_identity(), owner=owner, before=before, limit=limit)
        token = encode_token(grants[-1].changed_at.isoformat(), str(grants[-1].id)) if len(grants) == limit else ""
        return grant_pb2.ListGrantsResponse(grants=[render_grant(grant) for grant in grants], next_page_token=token)

    async def ChooseReward(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.ChooseRewardRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.ChooseRewardResponse:
        """The owner's choice. Errors: ROLE_MISSING, GRANT_UNKNOWN, CHOICE_MADE, CHOICE_OVER, CHOICE_UNKNOWN, ..."""

        async def operation(unit: UnitOfWork) -> grant_pb2.ChooseRewardResponse:
            grant = await choose_reward(
                unit,
                identity=current_identity(),
                grant_id=UUID(request.grant_id),
                position=request.choice,
                means=self._means,
            )
            return grant_pb2.ChooseRewardResponse(grant=render_grant(grant))

        return await self._commands.run(request, grant_pb2.ChooseRewardResponse, operation)

    async def RetryGrant(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.RetryGrantRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.RetryGrantResponse:
        """Once more. Errors: ROLE_MISSING, GRANT_UNKNOWN, GRANT_STATE."""

        async def operation(unit: UnitOfWork) -> grant_pb2.RetryGrantResponse:
            grant = await retry_grant(
                unit, identity=current_identity(), grant_id=UUID(request.grant_id), means=self._means
            )
            return grant_pb2.RetryGrantResponse(grant=render_grant(grant))

        return await self._commands.run(request, grant_pb2.RetryGrantResponse, operation)

    async def ListRefusals(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.ListRefusalsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.ListRefusalsResponse:
        """A page of what could not be booked. Errors: ROLE_MISSING, GRANT_RULE_UNKNOWN, PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        after = parse_id_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            grants = await list_refusals(unit, identity=current_identity(), rule=request.rule, after=after, limit=limit)
        return grant_pb2.ListRefusalsResponse(
            grants=[render_grant(grant) for grant in grants],
            next_page_token=encode_token(str(grants[-1].id)) if len(grants) == limit else "",
        )

    async def RetryRefusals(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.RetryRefusalsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.RetryRefusalsResponse:
        """A page of them once more. Errors: ROLE_MISSING, GRANT_RULE_UNKNOWN, PAGE_TOKEN_INVALID."""
        after = parse_id_key(decode_token(request.page_token))

        async def operation(unit: UnitOfWork) -> grant_pb2.RetryRefusalsResponse:
            tried = await retry_refusals(
                unit, identity=current_identity(), number=request.rule, after=after, means=self._means
            )
            return grant_pb2.RetryRefusalsResponse(
                tried=len(tried),
                given=sum(grant.state is not GrantState.REFUSED for grant in tried),
                next_page_token=encode_token(str(tried[-1].id)) if len(tried) == MAX_RETRIES else "",
            )

        return await self._commands.run(request, grant_pb2.RetryRefusalsResponse, operation)

    async def AwardRewards(  # noqa: N802 -- the name is the protocol's
        self,
        request: grant_pb2.AwardRewardsRequest,
        context: Context,  # noqa: ARG002 -- gRPC's signature
    ) -> grant_pb2.AwardRewardsResponse:
        """A jury's word. Errors: ROLE_MISSING, MAKER_IS_CHECKER, GRANT_RULE_UNKNOWN, GRANT_RULE_STATE, SOURCE_INVALID."""

        async def operation(unit: UnitOfWork) -> grant_pb2.AwardRewardsResponse:
            grants = await award_rewards(
                unit,
                identity=current_identity(),
                number=request.rule,
                reference=request.reference,
                subscriber_ids=request.subscriber_ids,
                means=self._means,
            )
            return grant_pb2.AwardRewardsResponse(grants=[render_grant(grant) for grant in grants])

        return await self._commands.run(request, grant_pb2.AwardRewardsResponse, operation)
