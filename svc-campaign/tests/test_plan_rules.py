"""What a sound plan is, as tables of refusals; touches no service."""

from typing import Any
from uuid import UUID

import pytest

from carillon_chassis.errors import InvalidInput
from svc_campaign.domain.plan import Arm, Reward

from .factories import a_holdout, a_plan, an_arm

SAME = UUID(int=42)


@pytest.mark.parametrize(
    ("reason", "field", "values"),
    [
        ("ARM_NAME_TWICE", "plan.arms[1].name", {"arms": (an_arm("a", segment_id=SAME), an_arm("a"))}),
        (
            "SEGMENT_TWICE",
            "plan.arms[1].segment_id",
            {"arms": (an_arm("a", segment_id=SAME), an_arm("b", segment_id=SAME))},
        ),
        ("HOLDOUT_TWICE", "plan.arms", {"arms": (a_holdout(), a_holdout("other", segment_id=SAME), an_arm())}),
        ("NO_TREATMENT_ARM", "plan.arms", {"arms": (a_holdout(),)}),
        ("LINK_TARGET_MISSING", "plan.link_target", {"link_target": ""}),
        ("NAME_EMPTY", "plan.name", {"name": "  "}),
        ("WINDOW_EMPTY", "plan.window_days", {"window_days": 0}),
        ("NO_CONVERSION", "plan.conversion_services", {"conversion_services": ()}),
    ],
)
def test_a_plan_is_refused_with_the_field_at_fault(reason: str, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        a_plan(**values)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


def test_a_plan_may_do_without_hold_out_and_reward() -> None:
    plan = a_plan(arms=(an_arm(),), reward=None)
    assert plan.holdout is None


def test_a_plan_without_links_needs_no_target() -> None:
    assert a_plan(arms=(an_arm(text="No link"),), link_target="").link_target == ""


def test_a_treatment_arm_needs_a_template_where_no_trigger_answers() -> None:
    with pytest.raises(InvalidInput, match="TEMPLATE_MISSING"):
        an_arm(text=" ")
    with pytest.raises(InvalidInput, match="TEMPLATE_MISSING"):
        a_plan(arms=(an_arm(), Arm(name="quiet", segment_id=SAME, holdout=False, message=None)))


def test_a_hold_out_has_no_template() -> None:
    with pytest.raises(InvalidInput, match="TEMPLATE_NOT_ALLOWED"):
        Arm(name="holdout", segment_id=SAME, holdout=True, message=an_arm().message)


def test_a_budget_pays_at_least_one_reward() -> None:
    with pytest.raises(InvalidInput, match="REWARD_BUDGET_TOO_SMALL"):
        Reward(currency="points", points_per_conversion=50, budget_points=49)
    with pytest.raises(InvalidInput, match="REWARD_POINTS"):
        Reward(currency="points", points_per_conversion=0, budget_points=49)


def test_a_plan_names_the_attributes_of_its_templates_by_arm() -> None:
    plan = a_plan(arms=(a_holdout(), an_arm(text="{recency} {zip_code} {recency}"), an_arm("womens", "{channel}")))
    assert list(plan.template_attributes()) == [(1, "recency"), (1, "zip_code"), (2, "channel")]
