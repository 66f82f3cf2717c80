"""Asks the other services whether what a plan names exists, before anybody approves or launches it; opens no transaction."""

from carillon_chassis.errors import InvalidInput, Violation
from svc_campaign.app.peers import Segments, Services
from svc_campaign.domain.plan import CampaignPlan


async def check_references(plan: CampaignPlan, *, segments: Segments, services: Services) -> None:
    """Raises InvalidInput with every unknown segment, attribute and service, under the reason of the first."""
    violations = [
        *await _unknown_segments(plan, segments),
        *await _unknown_attributes(plan, segments),
        *await _unknown_services(plan, services),
    ]
    if violations:
        raise InvalidInput(
            reason=violations[0].rule,
            field=violations[0].field,
            detail=" ".join(violation.detail for violation in violations),
            violations=violations,
        )


async def _unknown_segments(plan: CampaignPlan, segments: Segments) -> list[Violation]:
    return [
        Violation(
            field=f"plan.arms[{place}].segment_id",
            rule="SEGMENT_UNKNOWN",
            detail=f"The arm {arm.name} names the segment {arm.segment_id}, which doesn't exist.",
        )
        for place, arm in enumerate(plan.arms)
        if await segments.look_at(arm.segment_id) is None
    ]


async def _unknown_attributes(plan: CampaignPlan, segments: Segments) -> list[Violation]:
    wanted = list(plan.template_attributes())
    known = await segments.attribute_names() if wanted else frozenset()
    return [
        Violation(
            field=f"plan.arms[{place}].template",
            rule="TEMPLATE_ATTRIBUTE_UNKNOWN",
            detail=f"The template of {plan.arms[place].name} uses {{{name}}}, which is no attribute of the dictionary.",
        )
        for place, name in wanted
        if name not in known
    ]


async def _unknown_services(plan: CampaignPlan, services: Services) -> list[Violation]:
    named = [(f"plan.conversion_services[{place}]", code) for place, code in enumerate(plan.conversion_services)]
    named += [
        (f"plan.triggers[{place}].unless_services[{index}]", code)
        for place, trigger in enumerate(plan.triggers)
        for index, code in enumerate(trigger.unless_services)
    ]
    return [
        Violation(field=field, rule="SERVICE_UNKNOWN", detail=f"The catalogue has no service {code}.")
        for field, code in named
        if not await services.is_known(code)
    ]
