"""The campaign's state machine: the only table of allowed transitions; performs none of their effects."""

from enum import StrEnum
from typing import Final

from carillon_chassis.errors import StateRefused


class CampaignState(StrEnum):
    """Where a campaign stands, from draft to the close of its response window."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    LAUNCHING = "launching"
    RUNNING = "running"
    COMPLETED = "completed"


TRANSITIONS: Final[dict[CampaignState, frozenset[CampaignState]]] = {
    CampaignState.DRAFT: frozenset({CampaignState.SUBMITTED}),
    CampaignState.SUBMITTED: frozenset({CampaignState.APPROVED, CampaignState.REJECTED}),
    CampaignState.APPROVED: frozenset({CampaignState.LAUNCHING}),
    CampaignState.REJECTED: frozenset(),
    CampaignState.LAUNCHING: frozenset({CampaignState.RUNNING}),
    CampaignState.RUNNING: frozenset({CampaignState.COMPLETED}),
    CampaignState.COMPLETED: frozenset(),
}


def require_transition(current: CampaignState, wanted: CampaignState) -> None:
    """Refuses with CAMPAIGN_STATE, naming both states, unless the table allows the step."""
    if wanted in TRANSITIONS[current]:
        return
    allowed = ", ".join(sorted(TRANSITIONS[current])) or "no other state"
    raise StateRefused(
        reason="CAMPAIGN_STATE",
        field="id",
        detail=f"A campaign that is {current} can't become {wanted}; from here it goes to {allowed}.",
        metadata={"current": current.value, "wanted": wanted.value},
    )
