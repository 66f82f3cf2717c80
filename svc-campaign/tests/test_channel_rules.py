"""What an arm may be told by which channel, as tables, and how that is filled for its contacts; touches no service."""

import json
from typing import Any

import pytest

from carillon_chassis.errors import InvalidInput
from svc_campaign.domain.message import Message
from svc_campaign.domain.template import Template, parse_template

from .factories import a_holdout, a_message, a_plan, an_arm


def template(source: str) -> Template:
    return parse_template(source, field="f")


def content(**sources: str) -> dict[str, Template]:
    return {name: template(source) for name, source in sources.items()}


INDICATION = {"kind": "si", "href": "{link}", "action": "signal-high"}


@pytest.mark.parametrize(
    ("reason", "field", "values"),
    [
        ("CHANNEL_UNKNOWN", "channel", {"channel": "pigeon"}),
        ("TEMPLATE_MISSING", "template", {"template": None}),
        ("TEMPLATE_MISSING", "template", {"template": template("  ")}),
        ("TEMPLATE_MISSING", "template", {"channel": "ussd", "template": None}),
        ("TEMPLATE_MISSING", "template", {"channel": "wap_push", "template": None, "content": content(**INDICATION)}),
        ("CONTENT_MISSING", "content", {"channel": "wap_push", "content": content(kind="si")}),
        ("CONTENT_MISSING", "content", {"channel": "wap_push"}),
        ("CONTENT_MISSING", "content", {"channel": "mms", "content": content(subject="Tones")}),
        ("CONTENT_MISSING", "content", {"channel": "mobile_market", "content": content(slot="front")}),
        ("CONTENT_UNKNOWN", "content", {"content": content(resource="tones")}),
        ("CONTENT_UNKNOWN", "content", {"channel": "mms", "content": content(resource="tones", href="{link}")}),
        ("PUSH_KIND", "content", {"channel": "wap_push", "content": content(kind="mms", href="{link}")}),
        ("CHAIN_INVALID", "push", {"push": content(**INDICATION)}),
        ("CHAIN_INVALID", "push", {"channel": "ussd", "push": content(**INDICATION)}),
        ("CHAIN_INVALID", "fallback", {"fallback": template("again")}),
        (
            "CHAIN_INVALID",
            "fallback",
            {"channel": "mobile_market", "content": content(kind="client_download"), "fallback": template("again")},
        ),
        ("CONTENT_MISSING", "push", {"channel": "mms", "content": content(resource="a"), "push": content(kind="sl")}),
        ("TEMPLATE_MISSING", "fallback", {"channel": "ussd", "fallback": template(" ")}),
    ],
)
def test_what_a_channel_can_not_carry_is_refused_with_the_field_at_fault(
    reason: str, field: str, values: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        a_message(**values)
    assert (refusal.value.reason, refusal.value.field) == (reason, f"plan.arms.{field}")


@pytest.mark.parametrize(
    "values",
    [
        {"channel": "ussd", "fallback": template("by text")},
        {"channel": "wap_push", "content": content(**INDICATION), "fallback": template("by text")},
        {"channel": "wap_push", "template": None, "content": content(kind="sl", href="{link}")},
        {"channel": "mms", "template": None, "content": content(resource="tones")},
        {"channel": "mms", "content": content(resource="tones"), "push": content(**INDICATION)},
        {"channel": "mobile_market", "template": None, "content": content(kind="client_download")},
    ],
)
def test_every_channel_and_every_chain_of_the_networks_may_be_planned(values: dict[str, Any]) -> None:
    assert a_message(**values).channel == values["channel"]


def test_all_templates_of_a_message_ask_for_their_attributes_and_links_at_once() -> None:
    message = a_message(
        "Hello {first}",
        channel="mms",
        content=content(resource="{picture|tones}", subject="{first}"),
        push=content(kind="si", href="{link}"),
        fallback=template("{last} {first}"),
    )
    assert set(message.attributes) == {"first", "picture", "last"}
    assert message.has_link
    plan = a_plan(arms=(a_holdout(), an_arm(message=message)))
    assert set(plan.template_attributes()) == {(1, "first"), (1, "picture"), (1, "last")}
    with pytest.raises(InvalidInput, match="LINK_TARGET_MISSING"):
        a_plan(arms=(an_arm(message=message),), link_target="")


def test_a_whole_chain_is_filled_row_by_row() -> None:
    message = a_message(
        "For {name|you}",
        channel="mms",
        content=content(resource="{picture|tones}"),
        push=content(kind="si", href="{link}"),
        fallback=template("{name|You}: {link}"),
    )
    told = message.render({"name": ["Li", None], "picture": [None, "jazz"]}, ["http://a/1", "http://a/2"], 2)
    assert told.texts == ["For Li", "For you"]
    assert [json.loads(one) for one in told.contents or ()] == [{"resource": "tones"}, {"resource": "jazz"}]
    assert [json.loads(one) for one in told.pushes or ()] == [
        {"kind": "si", "href": "http://a/1", "text": "For Li"},
        {"kind": "si", "href": "http://a/2", "text": "For you"},
    ]
    assert told.fallbacks == ["Li: http://a/1", "You: http://a/2"]


def test_what_an_attribute_says_can_not_break_out_of_the_content() -> None:
    message = Message(channel="mms", content=content(resource="tones", subject="{name}"))
    told = message.render({"name": ['"}, {"resource": "other']}, [""], 1)
    assert [json.loads(one) for one in told.contents or ()] == [
        {"resource": "tones", "subject": '"}, {"resource": "other'}
    ]


def test_an_app_store_is_offered_a_list_of_items() -> None:
    offer = Message(
        channel="mobile_market", content=content(kind="recommendation", items="music, {game|chess}", slot="front")
    )
    told = offer.render({"game": ["go"]}, [""], 1)
    assert [json.loads(one) for one in told.contents or ()] == [
        {"items": ["music", "go"], "kind": "recommendation", "slot": "front"}
    ]
    assert (told.texts, told.pushes, told.fallbacks) == ([""], None, None)
