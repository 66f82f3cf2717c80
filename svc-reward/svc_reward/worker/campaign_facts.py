"""Books what svc-campaign tells: budgets on approval, rewards when earned; it must not ask svc-campaign anything."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from google.protobuf.message import Message

from carillon.campaign.v1 import facts_pb2 as campaign_facts
from carillon.reward.v1 import facts_pb2 as reward_facts
from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.follower import Handler
from carillon_chassis.outbox import tell
from svc_reward.app.fund_campaign import fund_campaign
from svc_reward.app.grant_rewards import grant_rewards
from svc_reward.app.tally import Tally
from svc_reward.domain.grant import Grant, sort_outcomes

logger = logging.getLogger(__name__)


class CampaignFacts:
    """The handlers of one follower. A fact that can never be booked is told or logged, not retried for ever."""

    def __init__(self, clock: Clock, tally: Tally) -> None:
        self._clock = clock
        self._tally = tally

    def handlers(self) -> Mapping[type[Message], Handler]:
        """What to do with which fact."""
        return {
            campaign_facts.CampaignApproved: self.fund,
            campaign_facts.RewardsEarned: self.grant,
        }

    async def fund(self, unit: UnitOfWork, fact: campaign_facts.CampaignApproved, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Gives the campaign its budget; without one every grant is refused, so nothing is paid by mistake."""
        try:
            outcome = await fund_campaign(
                unit,
                campaign_id=fact.campaign_id,
                currency=fact.currency,
                amount=fact.budget_points,
                clock=self._clock,
            )
        except InvalidInput as error:
            logger.warning("campaign %s can't be funded: %s", fact.campaign_id, error)
            return
        self._tally.count([outcome])
        if not outcome.stands:
            logger.warning("campaign %s is not funded: %s %s", fact.campaign_id, outcome.result, outcome.detail)

    async def grant(self, unit: UnitOfWork, fact: campaign_facts.RewardsEarned, occurred_at: datetime) -> None:  # noqa: ARG002 -- a handler's signature
        """Pays the earners and tells, in the same transaction, who was paid and who could not be."""
        earners = tuple(earner.subscriber_id for earner in fact.earners)
        grant = Grant(campaign_id=fact.campaign_id, currency=fact.currency, amount=fact.points, subscriber_ids=earners)
        outcomes = await grant_rewards(unit, grant, clock=self._clock)
        self._tally.count(outcomes)
        result = sort_outcomes(earners, outcomes)
        if result.granted:
            granted = reward_facts.RewardsGranted(
                campaign_id=fact.campaign_id, subscriber_ids=result.granted, points_each=fact.points
            )
            await tell(unit, granted, occurred_at=self._clock.now())
        for reason, subscriber_ids in result.refused.items():
            logger.warning("%s rewards of campaign %s are refused: %s", len(subscriber_ids), fact.campaign_id, reason)
            await self._tell_refused(unit, fact.campaign_id, reason, subscriber_ids)

    async def _tell_refused(
        self, unit: UnitOfWork, campaign_id: str, reason: str, subscriber_ids: Iterable[int]
    ) -> None:
        refused = reward_facts.RewardsRefused(campaign_id=campaign_id, subscriber_ids=subscriber_ids, reason=reason)
        await tell(unit, refused, occurred_at=self._clock.now())
