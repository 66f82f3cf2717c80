"""Rewards and the choice between them in JSON; it must not judge them."""

from typing import Annotated, Literal

from pydantic import Field

from carillon.reward.v1 import grant_pb2
from carillon_gateway.http.models.shapes import Body, Money, ShortText, Text, render_state

RewardKind = Literal["currency", "benefit", "draw_entry", "prize"]


class Reward(Body):
    """What is given for one share; it names its currency, its unit, its draw or its prize, as its kind says."""

    kind: RewardKind
    amount: int = Field(ge=1, le=10_000_000, description="Units of the currency or the benefit, tickets, or pieces")
    currency: ShortText = Field(default="", examples=["campus_points"])
    validity: Annotated[Text, Field(max_length=16)] = Field(default="", examples=["30D", "12M", "EOM", "EOY2"])
    campaign_id: ShortText = Field(default="", description="Whose budget pays; empty for issuance or expense")
    unit: Annotated[Text, Field(max_length=32)] = Field(default="", examples=["mms"])
    draw_id: Annotated[Text, Field(max_length=36)] = ""
    prize: ShortText = ""
    worth: Money = Field(default=Money(amount_fen=0), description="Rewards to choose from are worth the same")


class Offer(Body):
    """One reward is given at once; of more the owner chooses one, and extras come in any case (RWD-07)."""

    rewards: list[Reward] = Field(min_length=1, max_length=10)
    choose_days: int = Field(default=0, ge=0, le=365)
    default_choice: int = Field(default=0, ge=0, le=9, description="Given to who does not choose in time, from 0")
    extras: list[Reward] = Field(default=[], max_length=5)


def parse_offer(offer: Offer) -> grant_pb2.Offer:
    """The offer for svc-reward."""
    return grant_pb2.Offer(
        rewards=[_parse_reward(reward) for reward in offer.rewards],
        choose_days=offer.choose_days,
        default_choice=offer.default_choice,
        extras=[_parse_reward(reward) for reward in offer.extras],
    )


def render_offer(offer: grant_pb2.Offer) -> Offer:
    """The offer as JSON has it."""
    return Offer(
        rewards=[render_reward(reward) for reward in offer.rewards],
        choose_days=offer.choose_days,
        default_choice=offer.default_choice,
        extras=[render_reward(reward) for reward in offer.extras],
    )


def render_reward(reward: grant_pb2.Reward) -> Reward:
    """The reward as JSON has it."""
    return Reward(
        kind=render_state(grant_pb2.RewardKind.Name(reward.kind), "REWARD_KIND_"),
        amount=reward.amount,
        currency=reward.currency,
        validity=reward.validity,
        campaign_id=reward.campaign_id,
        unit=reward.unit,
        draw_id=reward.draw_id,
        prize=reward.prize,
        worth=Money(amount_fen=reward.worth_fen),
    )


def _parse_reward(reward: Reward) -> grant_pb2.Reward:
    return grant_pb2.Reward(
        kind=grant_pb2.RewardKind.Value(f"REWARD_KIND_{reward.kind.upper()}"),
        amount=reward.amount,
        currency=reward.currency,
        validity=reward.validity,
        campaign_id=reward.campaign_id,
        unit=reward.unit,
        draw_id=reward.draw_id,
        prize=reward.prize,
        worth_fen=reward.worth.amount_fen,
    )
