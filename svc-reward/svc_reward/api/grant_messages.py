"""Turns protobuf into grant rules, offers and grants and back, one function each way; it must not decide anything."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from carillon.reward.v1 import grant_pb2, ledger_pb2
from svc_reward.api.commission_messages import parse_time, render_commission_kind, render_time
from svc_reward.app.list_grants import OrderRewards
from svc_reward.domain.activity import ActivityKind
from svc_reward.domain.grant_period import Period
from svc_reward.domain.grant_rule import GrantRule, GrantTerms, Payee
from svc_reward.domain.grant_shape import GrantShape, ShapeKind, ShareTier
from svc_reward.domain.growth import Growth
from svc_reward.domain.reward import Reward, RewardKind
from svc_reward.domain.reward_grant import RewardGrant
from svc_reward.domain.reward_offer import RewardOffer

Named = TypeVar("Named", bound=StrEnum)


def _names(prefix: str, items: Sequence[tuple[str, int]], kind: type[Named]) -> Mapping[int, Named]:
    """The protocol's names are ours in capitals behind a prefix; the unspecified one is refused at the border."""
    return MappingProxyType({number: kind(name.removeprefix(prefix).lower()) for name, number in items if number})


REWARD_KINDS = _names("REWARD_KIND_", grant_pb2.RewardKind.items(), RewardKind)
TRIGGERS = _names("GRANT_TRIGGER_", grant_pb2.GrantTrigger.items(), ActivityKind)
PAYEES = _names("PAYEE_", grant_pb2.Payee.items(), Payee)
SHAPES = _names("SHAPE_KIND_", grant_pb2.ShapeKind.items(), ShapeKind)
# A period that nobody named is the longest.
PERIODS = {0: Period.RULE, **_names("GRANT_PERIOD_", grant_pb2.GrantPeriod.items(), Period)}


def parse_reward(message: grant_pb2.Reward) -> Reward:
    """Raises InvalidInput REWARD_INVALID, CURRENCY_UNKNOWN or VALIDITY_INVALID."""
    return Reward(
        kind=REWARD_KINDS[message.kind],
        amount=message.amount,
        currency=message.currency,
        validity=message.validity,
        campaign_id=message.campaign_id,
        unit=message.unit,
        draw_id=message.draw_id,
        prize=message.prize,
        worth_fen=message.worth_fen,
    )


def render_reward(reward: Reward) -> grant_pb2.Reward:
    """The reward."""
    return grant_pb2.Reward(
        kind=grant_pb2.RewardKind.Value(f"REWARD_KIND_{reward.kind.name}"),
        amount=reward.amount,
        currency=reward.currency,
        validity=reward.validity,
        campaign_id=reward.campaign_id,
        unit=reward.unit,
        draw_id=reward.draw_id,
        prize=reward.prize,
        worth_fen=reward.worth_fen,
    )


def parse_offer(message: grant_pb2.Offer) -> RewardOffer:
    """Raises InvalidInput OFFER_INVALID and what ``parse_reward`` raises."""
    return RewardOffer(
        rewards=tuple(parse_reward(reward) for reward in message.rewards),
        choose_days=message.choose_days,
        default_choice=message.default_choice,
        extras=tuple(parse_reward(reward) for reward in message.extras),
    )


def render_offer(offer: RewardOffer) -> grant_pb2.Offer:
    """The offer."""
    return grant_pb2.Offer(
        rewards=[render_reward(reward) for reward in offer.rewards],
        choose_days=offer.choose_days,
        default_choice=offer.default_choice,
        extras=[render_reward(reward) for reward in offer.extras],
    )


def parse_grant_terms(message: grant_pb2.GrantTerms) -> GrantTerms:
    """Raises InvalidInput GRANT_RULE_INVALID, SHAPE_INVALID and what ``parse_offer`` raises."""
    return GrantTerms(
        name=message.name,
        trigger=TRIGGERS[message.trigger],
        event_types=tuple(message.event_types),
        services=tuple(message.services),
        payee=PAYEES[message.payee],
        shape=_parse_shape(message.shape),
        offer=parse_offer(message.offer),
        valid_from=parse_time(message.valid_from),
        valid_to=parse_time(message.valid_to) if message.HasField("valid_to") else None,
        owner_cap=message.owner_cap,
        cap_period=PERIODS[message.cap_period],
        total_cap=message.total_cap,
        requires_rule=message.requires_rule,
        claw_back_days=message.claw_back_days,
        growth=_parse_growth(message.growth) if message.HasField("growth") else None,
    )


def _parse_shape(message: grant_pb2.GrantShape) -> GrantShape:
    return GrantShape(
        kind=SHAPES[message.kind],
        step_fen=message.step_fen,
        tiers=tuple(
            ShareTier(
                services_from=tier.services_from,
                uses_from=tier.uses_from,
                quantity_from=tier.quantity_from,
                per=tier.per,
                shares=tier.shares,
            )
            for tier in message.tiers
        ),
        streak=message.streak,
        period=PERIODS[message.period],
    )


def _render_shape(shape: GrantShape) -> grant_pb2.GrantShape:
    return grant_pb2.GrantShape(
        kind=grant_pb2.ShapeKind.Value(f"SHAPE_KIND_{shape.kind.name}"),
        step_fen=shape.step_fen,
        tiers=[
            grant_pb2.ShareTier(
                services_from=tier.services_from,
                uses_from=tier.uses_from,
                quantity_from=tier.quantity_from,
                per=tier.per,
                shares=tier.shares,
            )
            for tier in shape.tiers
        ],
        streak=shape.streak,
        period=_period(shape.period),
    )


def _parse_growth(message: grant_pb2.Growth) -> Growth:
    return Growth(currency=message.currency, least=message.least, period=PERIODS[message.period])


def _render_growth(growth: Growth | None) -> grant_pb2.Growth | None:
    if growth is None:
        return None
    return grant_pb2.Growth(currency=growth.currency, least=growth.least, period=_period(growth.period))


def render_grant_rule(rule: GrantRule) -> grant_pb2.GrantRule:
    """The rule with its terms."""
    terms = rule.terms
    return grant_pb2.GrantRule(
        number=rule.number,
        terms=grant_pb2.GrantTerms(
            name=terms.name,
            trigger=grant_pb2.GrantTrigger.Value(f"GRANT_TRIGGER_{terms.trigger.name}"),
            event_types=terms.event_types,
            services=terms.services,
            payee=grant_pb2.Payee.Value(f"PAYEE_{terms.payee.name}"),
            shape=_render_shape(terms.shape),
            offer=render_offer(terms.offer),
            valid_from=render_time(terms.valid_from),
            valid_to=render_time(terms.valid_to),
            owner_cap=terms.owner_cap,
            cap_period=_period(terms.cap_period),
            total_cap=terms.total_cap,
            requires_rule=terms.requires_rule,
            claw_back_days=terms.claw_back_days,
            growth=_render_growth(terms.growth),
        ),
        made_by=rule.made_by,
        made_at=render_time(rule.made_at),
        approved_by=rule.approved_by,
        approved_at=render_time(rule.approved_at),
        ended_by=rule.ended_by,
        ended_at=render_time(rule.ended_at),
    )


def render_grant(grant: RewardGrant) -> grant_pb2.Grant:
    """The grant."""
    occasion = grant.occasion
    return grant_pb2.Grant(
        id=str(grant.id),
        rule=occasion.rule,
        source=occasion.source,
        order_id=occasion.order_id,
        owner_kind=ledger_pb2.AccountKind.Value(f"ACCOUNT_KIND_{occasion.owner.kind.name}"),
        owner=occasion.owner.id,
        occurred_at=render_time(occasion.at),
        part=grant.part,
        shares=grant.shares,
        rewards=[render_reward(reward) for reward in grant.rewards],
        choose_by=render_time(grant.choose_by),
        default_choice=grant.default_choice,
        chosen=-1 if grant.chosen is None else grant.chosen,
        state=grant_pb2.GrantState.Value(f"GRANT_STATE_{grant.state.name}"),
        reason=grant.reason,
        reference=grant.reference,
        changed_at=render_time(grant.changed_at),
    )


def render_order_rewards(rewards: OrderRewards) -> grant_pb2.GetOrderRewardsResponse:
    """What one order earned."""
    commission = None
    if rewards.commission is not None:
        commission = grant_pb2.OrderCommission(
            affiliate_id=rewards.commission.affiliate_id,
            kind=render_commission_kind(rewards.commission.kind),
            outcome=rewards.commission.outcome,
            commission_fen=rewards.commission.commission_fen,
        )
    return grant_pb2.GetOrderRewardsResponse(
        grants=[render_grant(grant) for grant in rewards.grants], commission=commission
    )


def _period(period: Period) -> grant_pb2.GrantPeriod.ValueType:
    return grant_pb2.GrantPeriod.Value(f"GRANT_PERIOD_{period.name}")
