"""Stand-ins for svc-segment's matching and classifications that answer from memory; no more than the edge's tests need."""

from collections.abc import AsyncIterator
from typing import Any

from carillon.segment.v1 import classification_pb2, classification_pb2_grpc, match_pb2, match_pb2_grpc
from carillon_chassis.errors import Conflict, NotFound, PermissionRefused
from carillon_chassis.identity import current_identity
from carillon_gateway.testing.catalogue import PLACED_AT

MATCH_ID = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e61"
RUN_ID = "0199d1a0-6f5e-7c3a-9b1e-3f2a7c5d1e62"
HOURS = "09:00-21:00"


class MatchesStandIn(match_pb2_grpc.MatchServiceServicer):
    """A library that grows, and one match."""

    def __init__(self) -> None:
        self._services: dict[str, match_pb2.MatchedService] = {}
        self._rules: dict[str, match_pb2.MatchRule] = {}

    async def PutMatchedService(self, request: match_pb2.PutMatchedServiceRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Takes any."""
        self._services[request.service.code] = request.service
        return match_pb2.PutMatchedServiceResponse(service=request.service)

    async def CreateMatchRule(self, request: match_pb2.CreateMatchRuleRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Takes any whose service is there, once."""
        rule = request.rule
        if rule.service not in self._services:
            raise NotFound(reason="MATCH_SERVICE_UNKNOWN", field="service", detail="add the service first")
        if rule.code in self._rules:
            raise Conflict(reason="MATCH_RULE_TAKEN", field="rule.code", detail="it stands already")
        self._rules[rule.code] = rule
        return match_pb2.CreateMatchRuleResponse(rule=rule)

    async def EndMatchRule(self, request: match_pb2.EndMatchRuleRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Forgets it."""
        if not self._rules.pop(request.code, None):
            raise NotFound(reason="MATCH_RULE_NOT_FOUND", field="code", detail="no such rule")
        return match_pb2.EndMatchRuleResponse()

    async def GetMatchLibrary(self, request: match_pb2.GetMatchLibraryRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All of it."""
        return match_pb2.GetMatchLibraryResponse(services=self._services.values(), rules=self._rules.values())

    async def LoadMatchLibrary(self, request: match_pb2.LoadMatchLibraryRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One service and its rule, and one rule that these subscribers have nothing for."""
        return match_pb2.LoadMatchLibraryResponse(services=1, rules=1, left_out={"R6": "no attribute games_score"})

    async def RequestMatch(self, request: match_pb2.RequestMatchRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one, queued."""
        return match_pb2.RequestMatchResponse(match=_match(match_pb2.RUN_STATE_QUEUED, request.month or "2011-04"))

    async def GetMatch(self, request: match_pb2.GetMatchRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one, done."""
        if request.id != MATCH_ID:
            raise NotFound(reason="MATCH_NOT_FOUND", field="id", detail="there is no such match")
        return match_pb2.GetMatchResponse(match=_match(match_pb2.RUN_STATE_DONE, "2011-04"))

    async def ExplainMatch(self, request: match_pb2.ExplainMatchRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """One service recommended, one owned."""
        return match_pb2.ExplainMatchResponse(
            match_id=MATCH_ID,
            month="2011-04",
            as_of="2011-03-31",
            reasons=[
                match_pb2.MatchReason(rule="R1", service="FETION", layer=1, verdict="owned", detail="has it"),
                match_pb2.MatchReason(
                    rule="R9",
                    service="CRBT",
                    layer=4,
                    channels=["SMS"],
                    verdict="recommended",
                    detail="fits",
                    place=1,
                    hours=HOURS,
                ),
            ],
        )

    async def ExtractMatch(self, request: match_pb2.ExtractMatchRequest, context: Any) -> AsyncIterator[Any]:  # noqa: ARG002, N802 -- gRPC's signature
        """Two pieces; another branch than the caller's is refused before the first."""
        branch = current_identity().branch
        if branch and request.branch not in {"", branch}:
            raise PermissionRefused(reason="OTHER_BRANCH", field="branch", detail="you see your own subscribers only")
        yield match_pb2.ExtractMatchResponse(piece=b"subscriber_id,rule\n")
        yield match_pb2.ExtractMatchResponse(piece=f"1,{request.rule or 'R1'}\n".encode())


class ClassificationsStandIn(classification_pb2_grpc.ClassificationServiceServicer):
    """One classification and one run."""

    def __init__(self) -> None:
        self._standing = classification_pb2.Classification(
            code="fetion",
            version=1,
            classes=[classification_pb2.ClassLabel(result="LOYAL", text_zh="忠实用户", text_en="Loyal", listed=True)],
            steps=[classification_pb2.ClassStep(test="true", result="LOYAL")],
        )

    async def ListClassifications(self, request: classification_pb2.ListClassificationsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one."""
        return classification_pb2.ListClassificationsResponse(classifications=[self._standing])

    async def PutClassification(self, request: classification_pb2.PutClassificationRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The next version."""
        version = self._standing.version + 1
        self._standing.CopyFrom(request.classification)
        self._standing.version = version
        return classification_pb2.PutClassificationResponse(classification=self._standing)

    async def RequestClasses(self, request: classification_pb2.RequestClassesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one, queued."""
        return classification_pb2.RequestClassesResponse(run=_run(match_pb2.RUN_STATE_QUEUED))

    async def GetClasses(self, request: classification_pb2.GetClassesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one, done."""
        run = _run(match_pb2.RUN_STATE_DONE)
        run.folder = "fetion/2011-03"
        run.counts.add(
            result="LOYAL",
            text_zh="忠实用户",
            text_en="Loyal",
            count=3,
            branches=[classification_pb2.BranchCount(branch="east", count=3)],
        )
        return classification_pb2.GetClassesResponse(run=run)

    async def ListMonthlyRuns(self, request: classification_pb2.ListMonthlyRunsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """A match that waits."""
        waiting = classification_pb2.MonthlyRun(kind="match", month="2011-03", problem="the usage is not loaded")
        waiting.changed_at.FromSeconds(1_301_788_800)
        return classification_pb2.ListMonthlyRunsResponse(runs=[waiting])

    async def ClassifySubscriber(self, request: classification_pb2.ClassifySubscriberRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Loyal."""
        one = classification_pb2.SubscriberClass(
            code="fetion", result="LOYAL", text_zh="忠实用户", text_en="Loyal", as_of="2011-03-31"
        )
        return classification_pb2.ClassifySubscriberResponse(classes=[one])

    async def ReadClassList(self, request: classification_pb2.ReadClassListRequest, context: Any) -> AsyncIterator[Any]:  # noqa: ARG002, N802 -- gRPC's signature
        """One number."""
        yield classification_pb2.ReadClassListResponse(piece=b"msisdn\n+8613800138000\n")


def _match(state: "match_pb2.RunState.ValueType", month: str) -> match_pb2.Match:
    done = state == match_pb2.RUN_STATE_DONE
    match = match_pb2.Match(
        id=MATCH_ID,
        state=state,
        month=month,
        requested_by="province",
        requested_at=PLACED_AT,
        ended_at=PLACED_AT if done else None,
        rules=1,
    )
    if done:
        match.as_of, match.subscribers, match.covered, match.recommended, match.rules_done = "2011-03-31", 9, 8, 8, 1
        match.shares.add(rule="R9", service="CRBT", layer=4, channels=["SMS"], fitting=8, placed=[8, 0, 0], hours=HOURS)
    return match


def _run(state: "match_pb2.RunState.ValueType") -> classification_pb2.ClassRun:
    return classification_pb2.ClassRun(
        id=RUN_ID, state=state, code="fetion", month="2011-03", version=1, requested_by="p", requested_at=PLACED_AT
    )
