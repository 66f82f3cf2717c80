"""A console on a fake backend in a process of its own: `served.py PORT`; it holds Hillstrom's figures, no product code."""

import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from carillon_chassis.errors import NotFound, PermissionRefused, Unavailable
from carillon_chassis.identity import Identity
from carillon_gateway.console.backend import Session
from carillon_gateway.console.page import mount_console
from carillon_gateway.console.views import (
    ArmView,
    CampaignState,
    CampaignView,
    IntervalView,
    LaunchProgress,
    ReportView,
    UpliftView,
)
from carillon_gateway.http.envelope import Envelope

SECRET = "made-up-secret-of-a-test"
LAUNCHED_AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CONTACTS = 42_694
# The fake launch sends this many a second, so a test sees it move and end.
LAUNCH_RATE = 9_000

RUNNING = "0190b3a0-0000-7000-8000-000000000001"
LAUNCHING = "0190b3a0-0000-7000-8000-000000000002"
APPROVED = "0190b3a0-0000-7000-8000-000000000003"
AWAY = "0190b3a0-0000-7000-8000-000000000004"
NO_HOLDOUT = "0190b3a0-0000-7000-8000-000000000005"
REJECTED = "0190b3a0-0000-7000-8000-000000000006"

# Arms of the MineThatData challenge (Kevin Hillstrom, 2008), intervals by the normal approximation.
HOLDOUT = ArmView(
    name="holdout", holdout=True, subscribers=21_306, contacted=0, delivered=0, responded=2_262, converted=122,
    rewarded=0, revenue_fen=1_390_833, response_rate=0.106167, conversion_rate=0.005726, uplift=None,
)  # fmt: skip
MENS = ArmView(
    name="mens", holdout=False, subscribers=21_307, contacted=21_307, delivered=21_307, responded=3_894, converted=267,
    rewarded=267, revenue_fen=3_031_169, response_rate=0.182757, conversion_rate=0.012531,
    uplift=UpliftView(
        response_rate=IntervalView(estimate=0.07659, low=0.069954, high=0.083226),
        conversion_rate=IntervalView(estimate=0.006805, low=0.005, high=0.00861),
        revenue_fen_per_subscriber=IntervalView(estimate=76.9827, low=48.5149, high=105.4506),
    ),
)  # fmt: skip
WOMENS = ArmView(
    name="womens", holdout=False, subscribers=21_387, contacted=21_387, delivered=21_387, responded=3_238,
    converted=189, rewarded=189, revenue_fen=2_303_811, response_rate=0.1514, conversion_rate=0.008837,
    uplift=UpliftView(
        response_rate=IntervalView(estimate=0.045233, low=0.038894, high=0.051572),
        conversion_rate=IntervalView(estimate=0.003111, low=0.001499, high=0.004723),
        revenue_fen_per_subscriber=IntervalView(estimate=42.4412, low=16.8965, high=67.986),
    ),
)  # fmt: skip


def a_campaign(campaign_id: str, name: str, state: CampaignState, **overrides: object) -> CampaignView:
    """A campaign of the branch gz-01, with fields replaced."""
    fields: dict[str, object] = {
        "branch": "gz-01",
        "created_by": "operator-gz",
        "submitted_by": "operator-gz",
        "approved_by": "approver-province",
        "rejection_reason": "",
        "created_at": LAUNCHED_AT - timedelta(hours=2),
        "launched_at": LAUNCHED_AT,
        "window_ends_at": LAUNCHED_AT + timedelta(days=14),
        "arms": 3,
        "progress": LaunchProgress(
            members=64_000, contacts_booked=CONTACTS, handed_to_channel=CONTACTS, delivered=CONTACTS
        ),
    }
    return CampaignView(id=campaign_id, name=name, state=state, **(fields | overrides))  # type: ignore[arg-type]  # one mapping of several types


BEFORE = {"launched_at": None, "window_ends_at": None, "progress": LaunchProgress()}
CAMPAIGNS = {
    campaign.id: campaign
    for campaign in (
        a_campaign(RUNNING, "hillstrom-2008", CampaignState.RUNNING),
        a_campaign(LAUNCHING, "spring-launch", CampaignState.LAUNCHING, progress=LaunchProgress()),
        a_campaign(APPROVED, "GoTone 阅读体验", CampaignState.APPROVED, branch="", **BEFORE),
        a_campaign(AWAY, "service-away", CampaignState.RUNNING),
        a_campaign(NO_HOLDOUT, "no-holdout", CampaignState.COMPLETED),
        a_campaign(
            REJECTED,
            "rejected <script>alert(1)</script>",
            CampaignState.REJECTED,
            rejection_reason="Text too long & unclear",
            **BEFORE,
        ),
    )
}


class FakeBackend:
    """Stands for the gateway's peers: one operator with campaigns, one newcomer without, and a service that is away."""

    def __init__(self) -> None:
        self._launch_began: float | None = None

    async def login(self, client_id: str, secret: str, *, address: str) -> Session:
        """Lets in `operator` and `newcomer`."""
        if secret != SECRET:
            raise PermissionRefused(reason="CLIENT_REFUSED", detail="the client id or the secret is wrong")
        identity = Identity(subject=client_id, roles=frozenset({"branch_operator"}), branch="gz-01")
        return Session(identity=identity, role="branch_operator")

    async def list_campaigns(self, session: Session) -> list[CampaignView]:
        """The campaigns above, none for the newcomer."""
        return [] if session.identity.subject == "newcomer" else list(CAMPAIGNS.values())

    async def get_campaign(self, session: Session, campaign_id: str) -> CampaignView:
        """One of them; the one to be launched moves with the time since it was first looked at."""
        if campaign_id == AWAY:
            raise Unavailable(reason="PEER_AWAY", detail="unix:/somewhere refused")
        if campaign_id == LAUNCHING:
            return self._launch()
        if campaign_id not in CAMPAIGNS:
            raise NotFound(reason="CAMPAIGN_UNKNOWN", detail="no such campaign")
        return CAMPAIGNS[campaign_id]

    async def get_report(self, session: Session, campaign_id: str) -> ReportView:
        """Hillstrom's arms."""
        if campaign_id == LAUNCHING and self._launch().state is CampaignState.LAUNCHING:
            return ReportView(as_of=LAUNCHED_AT, arms=(_silent(HOLDOUT), _silent(MENS), _silent(WOMENS)))
        arms = (HOLDOUT, MENS, WOMENS) if campaign_id != NO_HOLDOUT else (_alone(MENS), _alone(WOMENS))
        return ReportView(as_of=LAUNCHED_AT + timedelta(days=14), arms=arms)

    def _launch(self) -> CampaignView:
        if self._launch_began is None:
            self._launch_began = time.monotonic()
        sent = min(int((time.monotonic() - self._launch_began) * LAUNCH_RATE), CONTACTS + 9_000)
        delivered = max(sent - 9_000, 0)
        return a_campaign(
            LAUNCHING,
            "spring-launch",
            CampaignState.RUNNING if delivered >= CONTACTS else CampaignState.LAUNCHING,
            progress=LaunchProgress(
                members=64_000,
                contacts_booked=CONTACTS,
                handed_to_channel=min(sent, CONTACTS),
                delivered=delivered,
                in_doubt=3 if delivered else 0,
            ),
        )


def _silent(arm: ArmView) -> ArmView:
    return ArmView(
        name=arm.name, holdout=arm.holdout, subscribers=arm.subscribers, contacted=arm.contacted, delivered=0,
        responded=0, converted=0, rewarded=0, revenue_fen=0, response_rate=0.0, conversion_rate=0.0, uplift=None,
    )  # fmt: skip


def _alone(arm: ArmView) -> ArmView:
    return ArmView(
        name=arm.name, holdout=False, subscribers=arm.subscribers, contacted=arm.contacted, delivered=arm.delivered,
        responded=arm.responded, converted=arm.converted, rewarded=arm.rewarded, revenue_fen=arm.revenue_fen,
        response_rate=arm.response_rate, conversion_rate=arm.conversion_rate, uplift=None,
    )  # fmt: skip


class FakeSettings:
    """What the console reads of the gateway's settings."""

    token_key = SecretStr("a test's own key, long enough to sign a cookie with")
    token_lifetime_seconds = 3600


def main() -> None:
    """Serves until killed."""
    app = FastAPI()
    mount_console(app, FakeBackend(), FakeSettings())
    # With the gateway's own headers, above all its content security policy.
    app.add_middleware(Envelope, ids=uuid4)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
