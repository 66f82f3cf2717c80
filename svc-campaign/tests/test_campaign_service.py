"""The life of a campaign over gRPC up to its launch: who may do what, what is refused, what is told."""

from typing import Any

import pytest

from carillon.campaign.v1 import campaign_pb2, facts_pb2
from carillon_chassis.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionRefused, StateRefused
from carillon_chassis.identity import Identity

from .desk import ADMIN, APPROVER, AUDITOR, MAKER, MENS, PORTAL, WOMENS, Desk, a_plan_message
from .factories import LAUNCHED_AT

UNKNOWN = "00000000-0000-0000-0000-00000000dead"


async def test_a_campaign_is_created_as_a_draft_of_the_makers_branch(desk: Desk) -> None:
    created = await desk.create()
    assert created.state == campaign_pb2.CAMPAIGN_STATE_DRAFT
    assert (created.branch, created.created_by) == ("hangzhou", "maker")
    assert created.plan == a_plan_message()
    assert created.created_at.ToDatetime(tzinfo=LAUNCHED_AT.tzinfo) == LAUNCHED_AT
    assert not created.HasField("launched_at")
    assert await desk.get(created.id) == created


async def test_a_plan_without_reward_comes_back_without_reward(desk: Desk) -> None:
    created = await desk.create(reward=None)
    assert not (await desk.get(created.id)).plan.HasField("reward")


async def test_creating_again_gives_the_first_answer_and_another_body_conflicts(desk: Desk) -> None:
    request = campaign_pb2.CreateCampaignRequest(request_id="key", plan=a_plan_message())
    first = await desk.call("CreateCampaign", request)
    assert await desk.call("CreateCampaign", request) == first
    request.plan.window_days = 7
    with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
        await desk.call("CreateCampaign", request)


@pytest.mark.parametrize(
    ("reason", "field", "plan"),
    [
        ("HOLDOUT_TWICE", "plan.arms", {"arms": [
            campaign_pb2.Arm(name="a", segment_id=str(MENS), holdout=True),
            campaign_pb2.Arm(name="b", segment_id=str(WOMENS), holdout=True),
        ]}),
        ("TEMPLATE_SYNTAX", "plan.arms[1].template", {"arms": [
            campaign_pb2.Arm(name="a", segment_id=str(MENS), holdout=True),
            campaign_pb2.Arm(name="b", segment_id=str(WOMENS), template="Hello {"),
        ]}),
        ("SHAPE", "plan.window_days", {"window_days": 0}),
        ("SHAPE", "plan.arms[0].name", {"arms": [campaign_pb2.Arm(name="A", segment_id=str(MENS), template="x")]}),
    ],
)  # fmt: skip
async def test_an_unsound_plan_is_refused_at_once(desk: Desk, reason: str, field: str, plan: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await desk.create(**plan)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


@pytest.mark.parametrize("who", [APPROVER, AUDITOR, PORTAL, Identity(subject="nobody")])
async def test_who_is_no_maker_creates_nothing(desk: Desk, who: Identity) -> None:
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await desk.create(who=who)


async def test_a_campaign_goes_from_draft_to_approved_and_its_budget_is_told_once(desk: Desk) -> None:
    campaign_id = (await desk.create()).id
    submitted = await desk.step("Submit", campaign_id, who=MAKER)
    assert (submitted.state, submitted.submitted_by) == (campaign_pb2.CAMPAIGN_STATE_SUBMITTED, "maker")
    request = campaign_pb2.ApproveCampaignRequest(request_id="approval", id=campaign_id)
    for _ in range(2):
        approved = (await desk.call("ApproveCampaign", request, who=APPROVER)).campaign
        assert (approved.state, approved.approved_by) == (campaign_pb2.CAMPAIGN_STATE_APPROVED, "approver")
    assert await desk.told(facts_pb2.CampaignApproved) == [
        facts_pb2.CampaignApproved(campaign_id=campaign_id, currency="experience_points", budget_points=10_000)
    ]


async def test_a_campaign_without_reward_tells_no_budget(desk: Desk) -> None:
    await desk.approved(reward=None)
    assert await desk.told(facts_pb2.CampaignApproved) == []


async def test_a_makers_own_approval_is_refused(desk: Desk) -> None:
    both = Identity(subject="maker", roles=frozenset({"branch_operator", "approver"}), branch="hangzhou")
    campaign_id = (await desk.create()).id
    await desk.step("Submit", campaign_id, who=MAKER)
    for name, values in (("Approve", {}), ("Reject", {"reason": "no"})):
        with pytest.raises(PermissionRefused) as refusal:
            await desk.step(name, campaign_id, who=both, **values)
        assert refusal.value.reason == "MAKER_IS_CHECKER"


async def test_a_submitter_may_not_approve_what_another_made(desk: Desk) -> None:
    campaign_id = (await desk.create()).id
    await desk.step("Submit", campaign_id, who=ADMIN)
    with pytest.raises(PermissionRefused, match="MAKER_IS_CHECKER"):
        await desk.step("Approve", campaign_id, who=ADMIN)


async def test_a_rejection_keeps_its_reason_and_ends_the_campaign(desk: Desk) -> None:
    campaign_id = (await desk.create()).id
    await desk.step("Submit", campaign_id, who=MAKER)
    rejected = await desk.step("Reject", campaign_id, who=APPROVER, reason="too broad")
    assert (rejected.state, rejected.rejection_reason) == (campaign_pb2.CAMPAIGN_STATE_REJECTED, "too broad")
    with pytest.raises(StateRefused) as refusal:
        await desk.step("Submit", campaign_id, who=MAKER)
    assert refusal.value.metadata["current"] == "rejected"
    assert refusal.value.metadata["wanted"] == "submitted"


@pytest.mark.parametrize("name", ["Approve", "Launch"])
async def test_a_draft_can_be_neither_approved_nor_launched(desk: Desk, name: str) -> None:
    campaign_id = (await desk.create()).id
    with pytest.raises(StateRefused, match="draft"):
        await desk.step(name, campaign_id, who=Identity(subject="boss", roles=frozenset({"province_admin"})))


@pytest.mark.parametrize(
    ("reason", "field", "plan"),
    [
        (
            "SEGMENT_UNKNOWN",
            "plan.arms[0].segment_id",
            {"arms": [campaign_pb2.Arm(name="a", segment_id=UNKNOWN, template="x")]},
        ),
        (
            "TEMPLATE_ATTRIBUTE_UNKNOWN",
            "plan.arms[0].template",
            {"arms": [campaign_pb2.Arm(name="a", segment_id=str(MENS), template="{first_name}")]},
        ),
        ("SERVICE_UNKNOWN", "plan.conversion_services[1]", {"conversion_services": ["WIRELESS_MUSIC", "MUSCI"]}),
    ],
)
async def test_what_a_plan_names_must_exist_when_it_is_submitted(
    desk: Desk, reason: str, field: str, plan: dict[str, Any]
) -> None:
    campaign_id = (await desk.create(**plan)).id
    with pytest.raises(InvalidInput) as refusal:
        await desk.step("Submit", campaign_id, who=MAKER)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)
    assert (await desk.get(campaign_id)).state == campaign_pb2.CAMPAIGN_STATE_DRAFT


async def test_every_unknown_name_is_told_at_once(desk: Desk) -> None:
    arms = [campaign_pb2.Arm(name="a", segment_id=str(MENS), template="{first_name} {last_name} {link}")]
    campaign_id = (await desk.create(arms=arms, conversion_services=["NONE"])).id
    with pytest.raises(InvalidInput) as refusal:
        await desk.step("Submit", campaign_id, who=MAKER)
    rules = [violation.rule for violation in refusal.value.violations]
    assert rules == ["TEMPLATE_ATTRIBUTE_UNKNOWN", "TEMPLATE_ATTRIBUTE_UNKNOWN", "SERVICE_UNKNOWN"]


async def test_submitting_again_with_the_key_gives_the_first_answer(desk: Desk) -> None:
    campaign_id = (await desk.create()).id
    first = await desk.step("Submit", campaign_id, who=MAKER, request_id="same")
    await desk.step("Approve", campaign_id, who=APPROVER)
    assert await desk.step("Submit", campaign_id, who=MAKER, request_id="same") == first


@pytest.mark.parametrize("name", ["Submit", "Approve", "Launch", "Reject"])
async def test_an_unknown_campaign_is_not_found(desk: Desk, name: str) -> None:
    values = {"reason": "none"} if name == "Reject" else {}
    with pytest.raises(NotFound, match="CAMPAIGN_UNKNOWN"):
        await desk.step(name, UNKNOWN, who=ADMIN, **values)
    for read in (desk.get, desk.report):
        with pytest.raises(NotFound, match="CAMPAIGN_UNKNOWN"):
            await read(UNKNOWN)


async def test_arms_that_overlap_are_refused_at_launch_with_the_count(desk: Desk) -> None:
    campaign_id = await desk.approved()
    desk.peers.segment.segments[WOMENS] = [3, 5, 6, 8, 9]
    with pytest.raises(StateRefused) as refusal:
        await desk.step("Launch", campaign_id, who=MAKER)
    assert refusal.value.reason == "ARMS_OVERLAP"
    assert refusal.value.metadata["count"] == "2"
    assert (await desk.get(campaign_id)).state == campaign_pb2.CAMPAIGN_STATE_APPROVED


async def test_a_segment_behind_the_data_is_refused_at_launch_with_what_to_do(desk: Desk) -> None:
    campaign_id = await desk.approved()
    desk.peers.segment.stale[WOMENS] = ["SUBSCRIBERS", "SEGMENTS"]
    with pytest.raises(StateRefused) as refusal:
        await desk.step("Launch", campaign_id, who=MAKER)
    assert (refusal.value.reason, refusal.value.field) == ("SEGMENT_STALE", "plan.arms[2].segment_id")
    assert refusal.value.metadata == {"segment_id": str(WOMENS), "reasons": "SUBSCRIBERS,SEGMENTS"}
    assert "POST /segments/rebuilds" in refusal.value.detail
    assert (await desk.get(campaign_id)).state == campaign_pb2.CAMPAIGN_STATE_APPROVED
    del desk.peers.segment.stale[WOMENS]
    await desk.step("Launch", campaign_id, who=MAKER)


async def test_an_archived_segment_is_refused_at_launch(desk: Desk) -> None:
    campaign_id = await desk.approved()
    desk.peers.segment.archived.add(MENS)
    with pytest.raises(StateRefused, match="SEGMENT_ARCHIVED"):
        await desk.step("Launch", campaign_id, who=MAKER)


async def test_segments_that_events_renew_while_arms_are_checked_can_be_launched(desk: Desk) -> None:
    campaign_id = await desk.approved()
    desk.peers.segment.renewals = 3
    await desk.step("Launch", campaign_id, who=MAKER)
    assert desk.peers.segment.versions == [3, 6, 9]


async def test_a_campaign_that_contacts_nobody_is_refused_at_launch(desk: Desk) -> None:
    campaign_id = await desk.approved()
    desk.peers.segment.segments |= {MENS: [], WOMENS: []}
    with pytest.raises(StateRefused, match="NOBODY_TO_CONTACT"):
        await desk.step("Launch", campaign_id, who=MAKER)


async def test_an_attribute_gone_since_approval_is_refused_at_launch(desk: Desk) -> None:
    campaign_id = await desk.approved()
    desk.peers.segment.attributes = ("channel",)
    with pytest.raises(InvalidInput, match="TEMPLATE_ATTRIBUTE_UNKNOWN"):
        await desk.step("Launch", campaign_id, who=MAKER)


@pytest.mark.parametrize("who", [APPROVER, AUDITOR])
async def test_who_is_no_maker_launches_nothing(desk: Desk, who: Identity) -> None:
    campaign_id = await desk.approved()
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        await desk.step("Launch", campaign_id, who=who)


async def test_a_launch_answers_at_once_with_its_window(desk: Desk) -> None:
    campaign_id = await desk.approved()
    launching = await desk.step("Launch", campaign_id, who=MAKER, request_id="go")
    assert launching.state == campaign_pb2.CAMPAIGN_STATE_LAUNCHING
    assert launching.launched_at.ToDatetime(tzinfo=LAUNCHED_AT.tzinfo) == LAUNCHED_AT
    assert launching.window_ends_at.seconds - launching.launched_at.seconds == 14 * 86_400
    assert await desk.step("Launch", campaign_id, who=MAKER, request_id="go") == launching
    with pytest.raises(StateRefused, match="launching"):
        await desk.step("Launch", campaign_id, who=MAKER)


async def test_a_refusal_is_a_domain_error_with_reason_and_detail(desk: Desk) -> None:
    with pytest.raises(DomainError) as refusal:
        await desk.get(UNKNOWN)
    assert refusal.value.reason == "CAMPAIGN_UNKNOWN"
    assert UNKNOWN in refusal.value.detail
