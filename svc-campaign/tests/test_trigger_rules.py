"""What a sound trigger is, as tables of refusals; touches no service."""

from typing import Any

import pytest

from carillon_chassis.errors import InvalidInput
from svc_campaign.domain.template import parse_template
from svc_campaign.domain.trigger import Trigger

from .factories import a_holdout, a_plan, an_arm

ANSWER = parse_template("Fetion sends for nothing: {link}", field="plan.triggers[0].template")


def a_trigger(name: str = "uplink", **values: Any) -> Trigger:
    standard: dict[str, Any] = {} if values.keys() & {"event", "keyword"} else {"recipient": "12520*"}
    return Trigger(name=name, **(standard | {"template": ANSWER} | values))


@pytest.mark.parametrize(
    ("reason", "field", "values"),
    [
        ("TRIGGER_EMPTY", "event", {"recipient": ""}),
        ("TRIGGER_MIXED", "event", {"event": "cell_entered", "recipient": "12520"}),
        ("TRIGGER_MIXED", "event", {"event": "cell_entered", "keyword": "more"}),
        ("TRIGGER_MIXED", "attributes", {"keyword": "more", "attributes": {"cell": "440-1"}}),
        ("TRIGGER_RECIPIENT", "recipient", {"recipient": "12*20"}),
        ("TRIGGER_RECIPIENT", "recipient", {"recipient": "*"}),
        ("TRIGGER_RECIPIENT", "recipient", {"recipient": "12520%"}),
        ("TRIGGER_SILENT", "template", {"event": "cell_entered", "template": None}),
        ("TRIGGER_SILENT", "unless_services", {"template": None, "unless_services": ("FETION",)}),
        ("TRIGGER_SILENT", "template", {"template": parse_template("  ", field="t")}),
        ("TRIGGER_TEMPLATE", "template", {"template": parse_template("For {zip_code}", field="t")}),
    ],
)
def test_a_trigger_is_refused_with_the_field_at_fault(reason: str, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        a_trigger(**values)
    assert (refusal.value.reason, refusal.value.field) == (reason, f"plan.triggers.{field}")


@pytest.mark.parametrize("recipient", ["12520", "12520*", "125", "125201380013800138*"])
def test_a_number_counts_with_or_without_what_follows_it(recipient: str) -> None:
    assert a_trigger(recipient=recipient).recipient == recipient


def test_two_triggers_are_told_apart_by_name() -> None:
    with pytest.raises(InvalidInput) as refusal:
        a_plan(triggers=(a_trigger("one"), a_trigger("one", event="vote")))
    assert (refusal.value.reason, refusal.value.field) == ("TRIGGER_NAME_TWICE", "plan.triggers[1].name")


def test_the_link_of_an_answer_needs_a_target_too() -> None:
    with pytest.raises(InvalidInput, match="LINK_TARGET_MISSING"):
        a_plan(arms=(an_arm(text="No link"),), link_target="", triggers=(a_trigger(),))


def test_an_arm_may_wait_for_triggers_without_a_text_of_its_own() -> None:
    quiet = type(an_arm())(name="quiet", segment_id=an_arm().segment_id, holdout=False, message=None)
    assert a_plan(arms=(a_holdout(), quiet), triggers=(a_trigger(),)).arms[1].message is None
    with pytest.raises(InvalidInput, match="TEMPLATE_MISSING"):
        a_plan(arms=(a_holdout(), quiet), triggers=(a_trigger(template=None),))
