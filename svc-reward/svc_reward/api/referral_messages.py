"""Turns protobuf into programmes and referrals and back, one function each way; it must not decide anything."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from carillon.reward.v1 import referral_pb2
from svc_reward.api.grant_messages import parse_offer, render_grant, render_offer
from svc_reward.api.prize_messages import parse_time, render_time
from svc_reward.domain.referral import Referral, ReferralState
from svc_reward.domain.referral_programme import Programme, ProgrammeTerms
from svc_reward.domain.reward_grant import RewardGrant

_STATES: Mapping[ReferralState, referral_pb2.ReferralState.ValueType] = MappingProxyType(
    {
        ReferralState.OPEN: referral_pb2.REFERRAL_STATE_OPEN,
        ReferralState.COMPLETED: referral_pb2.REFERRAL_STATE_COMPLETED,
        ReferralState.REFUSED: referral_pb2.REFERRAL_STATE_REFUSED,
        ReferralState.EXPIRED: referral_pb2.REFERRAL_STATE_EXPIRED,
    }
)


def parse_programme_terms(terms: referral_pb2.ProgrammeTerms) -> ProgrammeTerms:
    """Raises InvalidInput PROGRAMME_INVALID, OFFER_INVALID, REWARD_INVALID or REWARD_NOT_FOR_OWNER."""
    return ProgrammeTerms(
        name=terms.name,
        campaign_id=terms.campaign_id,
        services=tuple(terms.services),
        needs_activation=terms.needs_activation,
        event_types=tuple(terms.event_types),
        user_attribute=terms.user_attribute,
        referrer_must_use=terms.referrer_must_use,
        valid_from=parse_time(terms.valid_from),
        valid_to=parse_time(terms.valid_to) if terms.HasField("valid_to") else None,
        window_days=terms.window_days,
        late_days=terms.late_days,
        max_friends=terms.max_friends,
        referrer_offer=parse_offer(terms.referrer_offer) if terms.HasField("referrer_offer") else None,
        friend_offer=parse_offer(terms.friend_offer) if terms.HasField("friend_offer") else None,
        draw_id=terms.draw_id,
    )


def render_programme(programme: Programme) -> referral_pb2.Programme:
    """A programme with its terms."""
    return referral_pb2.Programme(
        number=programme.number,
        terms=_render_terms(programme.terms),
        made_by=programme.made_by,
        made_at=render_time(programme.made_at),
        approved_by=programme.approved_by,
        approved_at=render_time(programme.approved_at) if programme.approved_at else None,
        ended_by=programme.ended_by,
        ended_at=render_time(programme.ended_at) if programme.ended_at else None,
    )


def _render_terms(terms: ProgrammeTerms) -> referral_pb2.ProgrammeTerms:
    return referral_pb2.ProgrammeTerms(
        name=terms.name,
        campaign_id=terms.campaign_id,
        services=terms.services,
        needs_activation=terms.needs_activation,
        event_types=terms.event_types,
        user_attribute=terms.user_attribute,
        referrer_must_use=terms.referrer_must_use,
        valid_from=render_time(terms.valid_from),
        valid_to=render_time(terms.valid_to) if terms.valid_to else None,
        window_days=terms.window_days,
        late_days=terms.late_days,
        max_friends=terms.max_friends,
        referrer_offer=render_offer(terms.referrer_offer) if terms.referrer_offer else None,
        friend_offer=render_offer(terms.friend_offer) if terms.friend_offer else None,
        draw_id=terms.draw_id,
    )


def render_referral(referral: Referral, *, at: datetime, grants: Sequence[RewardGrant] = ()) -> referral_pb2.Referral:
    """A referral as it stands at that moment: one that is open and late shows as expired, until late news come."""
    state = ReferralState.EXPIRED if referral.is_overdue(at) else referral.state
    return referral_pb2.Referral(
        number=referral.number,
        programme=referral.programme,
        referrer_id=referral.referrer_id,
        friend_id=referral.friend_id,
        friend_hint=referral.friend_hint,
        state=_STATES[state],
        recommended_at=render_time(referral.recommended_at),
        counts_until=render_time(referral.counts_until),
        completed_at=render_time(referral.completed_at) if referral.completed_at else None,
        lucky_code=referral.lucky_code,
        entry=referral.entry,
        grants=[render_grant(grant) for grant in grants],
    )
