"""Who may take a campaign from which state to which; touches no service."""

from collections.abc import Callable

import pytest

from carillon_chassis.errors import PermissionRefused, StateRefused
from svc_campaign.domain.actor import Actor
from svc_campaign.domain.campaign import Campaign, draft_campaign
from svc_campaign.domain.state import TRANSITIONS, CampaignState, require_transition

from .factories import ADMIN, APPROVER, LAUNCHED_AT, MAKER, a_campaign, a_plan

STEPS: dict[str, tuple[Callable[[Campaign], Campaign], CampaignState]] = {
    "submit": (lambda campaign: campaign.submit(MAKER), CampaignState.SUBMITTED),
    "approve": (lambda campaign: campaign.approve(APPROVER), CampaignState.APPROVED),
    "reject": (lambda campaign: campaign.reject(APPROVER, "too broad"), CampaignState.REJECTED),
    "launch": (lambda campaign: campaign.launch(MAKER, LAUNCHED_AT), CampaignState.LAUNCHING),
}


@pytest.mark.parametrize("state", CampaignState)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_taken_from_allowed_states_only_and_a_refusal_names_both(step: str, state: CampaignState) -> None:
    take, wanted = STEPS[step]
    campaign = a_campaign(state=state)
    if wanted in TRANSITIONS[state]:
        assert take(campaign).state is wanted
        return
    with pytest.raises(StateRefused) as refusal:
        take(campaign)
    assert refusal.value.reason == "CAMPAIGN_STATE"
    assert state in refusal.value.detail
    assert wanted in refusal.value.detail
    assert refusal.value.metadata == {"current": state, "wanted": wanted}


def test_every_state_is_reached_from_the_draft() -> None:
    reached = {CampaignState.DRAFT}
    while True:
        further = reached.union(*(TRANSITIONS[state] for state in reached))
        if further == reached:
            break
        reached = further
    assert reached == set(CampaignState)


def test_no_state_goes_to_itself() -> None:
    for state in CampaignState:
        with pytest.raises(StateRefused):
            require_transition(state, state)


@pytest.mark.parametrize("both", ["created_by", "submitted_by"])
@pytest.mark.parametrize("decide", ["approve", "reject"])
def test_a_maker_may_not_decide_on_the_own_campaign(both: str, decide: str) -> None:
    campaign = a_campaign(state=CampaignState.SUBMITTED, **{both: ADMIN.subject})
    with pytest.raises(PermissionRefused) as refusal:
        campaign.approve(ADMIN) if decide == "approve" else campaign.reject(ADMIN, "no")
    assert refusal.value.reason == "MAKER_IS_CHECKER"


@pytest.mark.parametrize("role", ["auditor", "portal", "approver", "agent"])
def test_others_may_not_make(role: str) -> None:
    actor = Actor(subject="x", roles=frozenset({role}), branch="hangzhou")
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        draft_campaign(campaign_id=a_campaign().id, plan=a_plan(), actor=actor, at=LAUNCHED_AT)


@pytest.mark.parametrize("role", ["auditor", "portal", "branch_operator"])
def test_others_may_not_approve(role: str) -> None:
    with pytest.raises(PermissionRefused, match="ROLE_MISSING"):
        a_campaign(state=CampaignState.SUBMITTED).approve(Actor(subject="x", roles=frozenset({role}), branch=""))


def test_an_operator_without_a_branch_may_not_make() -> None:
    actor = Actor(subject="x", roles=frozenset({"branch_operator"}), branch="")
    with pytest.raises(PermissionRefused, match="BRANCH_MISSING"):
        draft_campaign(campaign_id=a_campaign().id, plan=a_plan(), actor=actor, at=LAUNCHED_AT)


def test_a_launch_opens_the_window() -> None:
    campaign = a_campaign(state=CampaignState.APPROVED).launch(MAKER, LAUNCHED_AT)
    assert campaign.window is not None
    assert campaign.window.opens_at == LAUNCHED_AT
