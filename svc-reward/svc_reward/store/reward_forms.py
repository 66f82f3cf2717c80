"""Rewards and offers as the JSON that stands in columns, and back; one function each way, nothing else."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from svc_reward.domain.reward import Reward, RewardKind
from svc_reward.domain.reward_offer import RewardOffer


def rewards_to_json(rewards: Sequence[Reward]) -> str:
    """What is empty is left out."""
    return json.dumps([_form(reward) for reward in rewards])


def rewards_from_json(forms: Sequence[dict[str, Any]]) -> tuple[Reward, ...]:
    """The rewards of a jsonb column, which the driver has read, checked again."""
    return tuple(_reward(form) for form in forms)


def offer_to_json(offer: RewardOffer) -> str:
    """The offer with its rewards and extras."""
    return json.dumps(
        {
            "rewards": [_form(reward) for reward in offer.rewards],
            "choose_days": offer.choose_days,
            "default_choice": offer.default_choice,
            "extras": [_form(reward) for reward in offer.extras],
        }
    )


def offer_from_json(form: dict[str, Any]) -> RewardOffer:
    """The offer of a jsonb column, which the driver has read, checked again."""
    return RewardOffer(
        rewards=tuple(_reward(one) for one in form["rewards"]),
        choose_days=form["choose_days"],
        default_choice=form["default_choice"],
        extras=tuple(_reward(one) for one in form["extras"]),
    )


def _form(reward: Reward) -> dict[str, Any]:
    return {name: value for name, value in asdict(reward).items() if value}


def _reward(form: dict[str, Any]) -> Reward:
    return Reward(**(form | {"kind": RewardKind(form["kind"])}))
