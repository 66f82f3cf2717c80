"""A campaign and the steps of its life; decides who may take a step, writes nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from carillon_chassis.errors import PermissionRefused
from svc_campaign.domain.actor import CHECKERS, MAKERS, Actor
from svc_campaign.domain.plan import CampaignPlan
from svc_campaign.domain.state import CampaignState, require_transition
from svc_campaign.domain.window import ResponseWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign of one branch (CMP-01, CMP-35); each step gives the next value and leaves this one alone."""

    id: UUID
    plan: CampaignPlan
    state: CampaignState
    branch: str
    created_by: str
    created_at: datetime
    submitted_by: str = ""
    approved_by: str = ""
    rejection_reason: str = ""
    launched_at: datetime | None = None

    @property
    def window(self) -> ResponseWindow | None:
        """The response window, once launched."""
        if self.launched_at is None:
            return None
        return ResponseWindow(opens_at=self.launched_at, days=self.plan.window_days)

    def submit(self, actor: Actor) -> "Campaign":
        """Hands the draft in for approval."""
        actor.must_be_one_of(MAKERS, to_do="submit a campaign")
        return replace(self._moved(CampaignState.SUBMITTED), submitted_by=actor.subject)

    def approve(self, actor: Actor) -> "Campaign":
        """Lets the campaign run; never by who made or submitted it (A-25)."""
        self._must_be_checked_by(actor, to_do="approve a campaign")
        return replace(self._moved(CampaignState.APPROVED), approved_by=actor.subject)

    def reject(self, actor: Actor, reason: str) -> "Campaign":
        """Sends the campaign back for good, with the reason its makers read."""
        self._must_be_checked_by(actor, to_do="reject a campaign")
        return replace(self._moved(CampaignState.REJECTED), rejection_reason=reason)

    def launch(self, actor: Actor, at: datetime) -> "Campaign":
        """Opens the response window; the booking of contacts follows."""
        actor.must_be_one_of(MAKERS, to_do="launch a campaign")
        return replace(self._moved(CampaignState.LAUNCHING), launched_at=at)

    def start_running(self) -> "Campaign":
        """All contacts are booked and handed over."""
        return self._moved(CampaignState.RUNNING)

    def complete(self) -> "Campaign":
        """The response window has closed."""
        return self._moved(CampaignState.COMPLETED)

    def _must_be_checked_by(self, actor: Actor, *, to_do: str) -> None:
        actor.must_be_one_of(CHECKERS, to_do=to_do)
        if actor.subject in {self.created_by, self.submitted_by}:
            raise PermissionRefused(
                reason="MAKER_IS_CHECKER",
                field="id",
                detail="Who made or submitted a campaign may not decide on it; ask another approver.",
            )

    def _moved(self, wanted: CampaignState) -> "Campaign":
        require_transition(self.state, wanted)
        return replace(self, state=wanted)


def draft_campaign(*, campaign_id: UUID, plan: CampaignPlan, actor: Actor, at: datetime) -> Campaign:
    """Makes a draft that belongs to its maker's branch."""
    actor.must_be_one_of(MAKERS, to_do="create a campaign")
    if not actor.branch and not actor.sees_every_branch:
        raise PermissionRefused(
            reason="BRANCH_MISSING",
            detail="A branch operator's campaigns belong to a branch; ask for a client that names one.",
        )
    return Campaign(
        id=campaign_id,
        plan=plan,
        state=CampaignState.DRAFT,
        branch=actor.branch,
        created_by=actor.subject,
        created_at=at,
    )
