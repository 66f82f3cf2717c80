"""The campaign plan and what makes it sound before anybody reads it; asks no other service."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from carillon_chassis.errors import InvalidInput
from svc_campaign.domain.message import Message
from svc_campaign.domain.trigger import Trigger, check_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """Points for each contacted subscriber who converts, once, out of a budget of points."""

    currency: str
    points_per_conversion: int
    budget_points: int

    def __post_init__(self) -> None:
        """Refuses a budget that can't pay a single reward."""
        if self.points_per_conversion <= 0:
            raise _refused("REWARD_POINTS", "plan.reward.points_per_conversion", "A reward is at least one point.")
        if self.budget_points < self.points_per_conversion:
            raise _refused(
                "REWARD_BUDGET_TOO_SMALL",
                "plan.reward.budget_points",
                f"The budget of {self.budget_points} can't pay one reward of {self.points_per_conversion} points.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One randomised group: a segment and what it is told; a hold-out is told nothing (CMP-37).

    Without a message an arm that is no hold-out waits for what triggers answer.
    """

    name: str
    segment_id: UUID
    holdout: bool
    message: Message | None

    def __post_init__(self) -> None:
        """Refuses a hold-out that is told something."""
        if self.holdout and self.message is not None:
            raise _refused("TEMPLATE_NOT_ALLOWED", "plan.arms.template", f"The hold-out {self.name} gets no message.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPlan:
    """What a branch hands in for approval (CMP-02, CMP-35): arms, sender, window, what counts, reward, triggers."""

    name: str
    arms: tuple[Arm, ...]
    sender: str
    link_target: str
    window_days: int
    response_events: tuple[str, ...]
    conversion_services: tuple[str, ...]
    reward: Reward | None
    triggers: tuple[Trigger, ...] = ()

    def __post_init__(self) -> None:
        """Refuses arms that can't be told apart, more than one hold-out, links that lead nowhere, and arms told nothing."""
        if not self.name.strip():
            raise _refused("NAME_EMPTY", "plan.name", "A campaign needs a name.")
        if self.window_days < 1:
            raise _refused("WINDOW_EMPTY", "plan.window_days", "The response window is at least one day.")
        if not self.conversion_services:
            raise _refused("NO_CONVERSION", "plan.conversion_services", "Name at least one service that converts.")
        _check_arms(self.arms)
        check_names(self.triggers)
        answers = any(trigger.template for trigger in self.triggers)
        for arm in self.arms:
            if not arm.holdout and arm.message is None and not answers:
                raise _no_text(arm)
        told = [*(arm.message for arm in self.arms), *(trigger.template for trigger in self.triggers)]
        if not self.link_target and any(one and one.has_link for one in told):
            raise _refused("LINK_TARGET_MISSING", "plan.link_target", "A template has {link}; say where it leads.")

    @property
    def holdout(self) -> Arm | None:
        """The hold-out arm, when the plan has one."""
        return next((arm for arm in self.arms if arm.holdout), None)

    def template_attributes(self) -> Iterator[tuple[int, str]]:
        """Each attribute that a message needs, with the place of its arm in the plan."""
        for place, arm in enumerate(self.arms):
            for name in arm.message.attributes if arm.message else ():
                yield place, name


def _check_arms(arms: Sequence[Arm]) -> None:
    names: set[str] = set()
    segments: set[UUID] = set()
    for place, arm in enumerate(arms):
        if arm.name in names:
            raise _refused("ARM_NAME_TWICE", f"plan.arms[{place}].name", f"Two arms are named {arm.name}.")
        if arm.segment_id in segments:
            raise _refused("SEGMENT_TWICE", f"plan.arms[{place}].segment_id", "Two arms have the same segment.")
        names.add(arm.name)
        segments.add(arm.segment_id)
    holdouts = sum(arm.holdout for arm in arms)
    if holdouts > 1:
        raise _refused("HOLDOUT_TWICE", "plan.arms", f"{holdouts} arms are hold-outs; there is one at most.")
    if holdouts == len(arms):
        raise _refused("NO_TREATMENT_ARM", "plan.arms", "Nobody would be contacted; add an arm with a template.")


def _no_text(arm: Arm) -> InvalidInput:
    return _refused(
        "TEMPLATE_MISSING", "plan.arms.template", f"The arm {arm.name} needs a text to send, or a trigger that answers."
    )


def _refused(reason: str, field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field, detail=detail)
