"""Stand-ins for svc-reward's referrals, subsidies and gifts that answer from memory; no more than the edge's tests need."""

import uuid
from typing import Any

from carillon.reward.v1 import (
    gift_pb2,
    gift_pb2_grpc,
    grant_pb2,
    ledger_pb2,
    referral_pb2,
    referral_pb2_grpc,
    subsidy_pb2,
    subsidy_pb2_grpc,
)
from carillon_chassis.errors import InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import current_identity
from carillon_gateway.testing.catalogue import PLACED_AT

REFERRAL_CODE = "K7WP3XHD"


class ReferralsStandIn(referral_pb2_grpc.ReferralServiceServicer):
    """Everybody has one code; each friend is recommended once, and earns at once."""

    def __init__(self) -> None:
        self._programmes: list[referral_pb2.Programme] = []
        self._referrals: list[referral_pb2.Referral] = []

    async def CreateProgramme(self, request: referral_pb2.CreateProgrammeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Proposed."""
        number, maker = len(self._programmes) + 1, current_identity().subject
        programme = referral_pb2.Programme(number=number, terms=request.terms, made_by=maker, made_at=PLACED_AT)
        self._programmes.append(programme)
        return referral_pb2.CreateProgrammeResponse(programme=programme)

    async def ApproveProgramme(self, request: referral_pb2.ApproveProgrammeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """By another person."""
        programme = self._programme(request.number)
        if programme.made_by == current_identity().subject:
            raise PermissionRefused(reason="MAKER_IS_CHECKER", detail="another person approves")
        programme.approved_by = current_identity().subject
        programme.approved_at.CopyFrom(PLACED_AT)
        return referral_pb2.ApproveProgrammeResponse(programme=programme)

    async def EndProgramme(self, request: referral_pb2.EndProgrammeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Ended."""
        programme = self._programme(request.number)
        programme.ended_by = current_identity().subject
        programme.ended_at.CopyFrom(PLACED_AT)
        return referral_pb2.EndProgrammeResponse(programme=programme)

    async def ListProgrammes(self, request: referral_pb2.ListProgrammesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All on one page."""
        return referral_pb2.ListProgrammesResponse(programmes=self._programmes)

    async def IssueCode(self, request: referral_pb2.IssueCodeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """The one."""
        self._programme(request.programme)
        return referral_pb2.IssueCodeResponse(code=REFERRAL_CODE)

    async def AcceptCode(self, request: referral_pb2.AcceptCodeRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Of a friend of nobody's."""
        if request.code != REFERRAL_CODE:
            raise InvalidInput(reason="REFERRAL_CODE_INVALID", field="code", detail="look at it again")
        return referral_pb2.AcceptCodeResponse(
            referral=self._begin(programme=1, referrer_id=0, friend_id=request.friend_id, hint=request.friend_hint)
        )

    async def RecommendFriend(self, request: referral_pb2.RecommendFriendRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Once."""
        self._programme(request.programme)
        if request.friend_id == request.referrer_id:
            raise InvalidInput(reason="SELF_REFERRAL", field="friend", detail="nobody recommends to themselves")
        if any(one.friend_id == request.friend_id for one in self._referrals):
            raise StateRefused(reason="FRIEND_RECOMMENDED", field="friend", detail="the first one counts")
        return referral_pb2.RecommendFriendResponse(
            referral=self._begin(
                programme=request.programme,
                referrer_id=request.referrer_id,
                friend_id=request.friend_id,
                hint=request.friend_hint,
            )
        )

    async def ListReferrals(self, request: referral_pb2.ListReferralsRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """A referrer's, each completed."""
        found = [one for one in reversed(self._referrals) if one.referrer_id == request.referrer_id]
        for one in found:
            one.state = referral_pb2.REFERRAL_STATE_COMPLETED
            one.completed_at.CopyFrom(PLACED_AT)
            one.lucky_code, one.entry = REFERRAL_CODE, "ENTERED"
            del one.grants[:]
            one.grants.append(_grant(one.referrer_id))
        return referral_pb2.ListReferralsResponse(referrals=found)

    def _begin(self, *, programme: int, referrer_id: int, friend_id: int, hint: str) -> referral_pb2.Referral:
        referral = referral_pb2.Referral(
            number=len(self._referrals) + 1,
            programme=programme,
            referrer_id=referrer_id,
            friend_id=friend_id,
            friend_hint=hint,
            state=referral_pb2.REFERRAL_STATE_OPEN,
            recommended_at=PLACED_AT,
            counts_until=PLACED_AT,
        )
        self._referrals.append(referral)
        return referral

    def _programme(self, number: int) -> referral_pb2.Programme:
        if not 1 <= number <= len(self._programmes):
            raise NotFound(reason="PROGRAMME_UNKNOWN", field="programme", detail="there is no such programme")
        return self._programmes[number - 1]


class SubsidiesStandIn(subsidy_pb2_grpc.SubsidyServiceServicer):
    """One at a time."""

    def __init__(self) -> None:
        self._subsidies: dict[str, subsidy_pb2.Subsidy] = {}

    async def CreateSubsidy(self, request: subsidy_pb2.CreateSubsidyRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Signed."""
        running = subsidy_pb2.SUBSIDY_STATE_RUNNING
        for one in self._subsidies.values():
            if one.subscriber_id == request.subscriber_id and one.state == running:
                raise StateRefused(reason="SUBSIDY_RUNNING", field="msisdn", detail="another one runs")
        subsidy = subsidy_pb2.Subsidy(
            id=str(uuid.uuid4()),
            subscriber_id=request.subscriber_id,
            campaign_id=request.campaign_id,
            device=request.device,
            subsidy_fen=request.subsidy_fen,
            monthly_spend_fen=request.monthly_spend_fen,
            months=request.months,
            starts_at=PLACED_AT,
            ends_at=PLACED_AT,
            state=running,
        )
        self._subsidies[subsidy.id] = subsidy
        return subsidy_pb2.CreateSubsidyResponse(subsidy=subsidy)

    async def EndSubsidy(self, request: subsidy_pb2.EndSubsidyRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """All of it is owed."""
        if request.id not in self._subsidies:
            raise NotFound(reason="SUBSIDY_UNKNOWN", field="id", detail="there is no such subsidy")
        subsidy = self._subsidies[request.id]
        subsidy.state, subsidy.owed_fen = subsidy_pb2.SUBSIDY_STATE_ENDED_EARLY, subsidy.subsidy_fen
        subsidy.ended_by, subsidy.end_reason = current_identity().subject, request.reason
        return subsidy_pb2.EndSubsidyResponse(subsidy=subsidy)

    async def ListSubsidies(self, request: subsidy_pb2.ListSubsidiesRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """A subscriber's."""
        found = [one for one in self._subsidies.values() if one.subscriber_id == request.subscriber_id]
        return subsidy_pb2.ListSubsidiesResponse(subsidies=found)


class GiftsStandIn(gift_pb2_grpc.GiftServiceServicer):
    """Everybody has a hundred points."""

    async def GiveGift(self, request: gift_pb2.GiveGiftRequest, context: Any) -> Any:  # noqa: ARG002, N802 -- gRPC's signature
        """Given."""
        if request.amount > 100:  # noqa: PLR2004 -- a hundred, as said above
            raise StateRefused(reason="INSUFFICIENT_POINTS", field="amount", detail="too few")
        gift = gift_pb2.Gift(id=str(uuid.uuid4()), currency=request.currency, amount=request.amount, given_at=PLACED_AT)
        return gift_pb2.GiveGiftResponse(gift=gift)


def _grant(subscriber_id: int) -> grant_pb2.Grant:
    reward = grant_pb2.Reward(kind=grant_pb2.REWARD_KIND_CURRENCY, currency="seeds", amount=50)
    return grant_pb2.Grant(
        id=str(uuid.uuid4()),
        source="referral:1:referrer",
        owner_kind=ledger_pb2.ACCOUNT_KIND_SUBSCRIBER,
        owner=str(subscriber_id),
        occurred_at=PLACED_AT,
        shares=1,
        rewards=[reward],
        state=grant_pb2.GRANT_STATE_GIVEN,
        changed_at=PLACED_AT,
    )
