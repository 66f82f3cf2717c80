"""A stand-in for svc-reward's grants that answers from memory; no more than tests need."""

import uuid
from typing import Any

from carillon.reward.v1 import affiliate_pb2, grant_pb2, grant_pb2_grpc, ledger_pb2
from carillon_chassis.errors import NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import current_identity
from carillon_gateway.testing.catalogue import PLACED_AT

# A member of staff whose grant was refused, so that a test can try it again.
REFUSED_STAFF = "unpaid"


class GrantsStandIn(grant_pb2_grpc.GrantServiceServicer):
    """Rules in memory; every owner has one grant with a choice, under an id of its own."""

    def __init__(self) -> None:
        self._rules: list[grant_pb2.GrantRule] = []
        self._grants: dict[str, grant_pb2.Grant] = {}

    async def CreateGrantRule(self, request: grant_pb2.CreateGrantRuleRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Proposed."""
        number, maker = len(self._rules) + 1, current_identity().subject
        rule = grant_pb2.GrantRule(number=number, terms=request.terms, made_by=maker, made_at=PLACED_AT)
        self._rules.append(rule)
        return grant_pb2.CreateGrantRuleResponse(rule=rule)

    async def ApproveGrantRule(self, request: grant_pb2.ApproveGrantRuleRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """By another person."""
        rule = self._rule(request.number)
        if rule.made_by == current_identity().subject:
            raise PermissionRefused(reason="MAKER_IS_CHECKER", detail="another person approves")
        rule.approved_by = current_identity().subject
        rule.approved_at.CopyFrom(PLACED_AT)
        return grant_pb2.ApproveGrantRuleResponse(rule=rule)

    async def EndGrantRule(self, request: grant_pb2.EndGrantRuleRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        rule = self._rule(request.number)
        if rule.ended_by:
            raise StateRefused(reason="GRANT_RULE_STATE", field="number", detail="it was ended before")
        rule.ended_by = current_identity().subject
        rule.ended_at.CopyFrom(PLACED_AT)
        return grant_pb2.EndGrantRuleResponse(rule=rule)

    async def ListGrantRules(self, request: grant_pb2.ListGrantRulesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All on one page."""
        return grant_pb2.ListGrantRulesResponse(rules=self._rules)

    async def GetOrderRewards(self, request: grant_pb2.GetOrderRewardsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Points and a priced commission."""
        commission = grant_pb2.OrderCommission(
            affiliate_id="poco", kind=affiliate_pb2.COMMISSION_KIND_HANDLING, outcome="PRICED", commission_fen=100
        )
        grant = self._grant(ledger_pb2.ACCOUNT_KIND_SUBSCRIBER, "7", order_id=request.order_id)
        return grant_pb2.GetOrderRewardsResponse(grants=[grant], commission=commission)

    async def ListGrants(self, request: grant_pb2.ListGrantsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One."""
        return grant_pb2.ListGrantsResponse(grants=[self._grant(request.owner_kind, request.owner)])

    async def ChooseReward(self, request: grant_pb2.ChooseRewardRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        grant = self._known(request.grant_id)
        if grant.state != grant_pb2.GRANT_STATE_OFFERED:
            raise StateRefused(reason="CHOICE_MADE", field="id", detail="there is nothing to choose any more")
        grant.state, grant.chosen = grant_pb2.GRANT_STATE_GIVEN, request.choice
        return grant_pb2.ChooseRewardResponse(grant=grant)

    async def RetryGrant(self, request: grant_pb2.RetryGrantRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """What was refused is given."""
        grant = self._known(request.grant_id)
        if grant.state != grant_pb2.GRANT_STATE_REFUSED:
            raise StateRefused(reason="GRANT_STATE", field="id", detail="only what was refused is tried again")
        grant.state, grant.reason, grant.chosen = grant_pb2.GRANT_STATE_GIVEN, "", 0
        return grant_pb2.RetryGrantResponse(grant=grant)

    async def AwardRewards(self, request: grant_pb2.AwardRewardsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """To each of them."""
        if self._rule(request.rule).made_by == current_identity().subject:
            raise PermissionRefused(reason="MAKER_IS_CHECKER", detail="another person judges")
        kind = ledger_pb2.ACCOUNT_KIND_SUBSCRIBER
        return grant_pb2.AwardRewardsResponse(grants=[self._grant(kind, str(one)) for one in request.subscriber_ids])

    async def ListRefusals(self, request: grant_pb2.ListRefusalsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One."""
        self._rule(request.rule)
        return grant_pb2.ListRefusalsResponse(grants=[self._grant(ledger_pb2.ACCOUNT_KIND_STAFF, REFUSED_STAFF)])

    async def RetryRefusals(self, request: grant_pb2.RetryRefusalsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One of two is given, and there are more."""
        self._rule(request.rule)
        return grant_pb2.RetryRefusalsResponse(tried=2, given=1, next_page_token="" if request.page_token else "next")

    def _rule(self, number: int) -> grant_pb2.GrantRule:
        if number > len(self._rules):
            raise NotFound(reason="GRANT_RULE_UNKNOWN", field="number", detail="there is no such rule")
        return self._rules[number - 1]

    def _known(self, grant_id: str) -> grant_pb2.Grant:
        if grant_id not in self._grants:
            raise NotFound(reason="GRANT_UNKNOWN", field="id", detail="there is no such grant")
        return self._grants[grant_id]

    def _grant(self, kind: ledger_pb2.AccountKind.ValueType, owner: str, *, order_id: str = "o-1") -> grant_pb2.Grant:
        grant_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}{owner}"))
        if grant_id not in self._grants:
            refused = owner == REFUSED_STAFF
            self._grants[grant_id] = grant_pb2.Grant(
                id=grant_id,
                rule=1,
                source=f"order:{order_id}",
                order_id=order_id,
                owner_kind=kind,
                owner=owner,
                occurred_at=PLACED_AT,
                shares=1,
                rewards=[
                    grant_pb2.Reward(
                        kind=grant_pb2.REWARD_KIND_CURRENCY, amount=500, currency="phone_credit_fen", worth_fen=500
                    ),
                    grant_pb2.Reward(kind=grant_pb2.REWARD_KIND_PRIZE, amount=1, prize="e-gift", worth_fen=500),
                ],
                choose_by=PLACED_AT,
                chosen=-1,
                state=grant_pb2.GRANT_STATE_REFUSED if refused else grant_pb2.GRANT_STATE_OFFERED,
                reason="INSUFFICIENT_FUNDS" if refused else "",
                changed_at=PLACED_AT,
            )
        return self._grants[grant_id]
