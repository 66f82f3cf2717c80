"""The console's own backend over real gRPC: it proves clients as the token endpoint does and carries every figure."""

from collections.abc import AsyncIterator
from datetime import UTC

import pytest

from carillon.campaign.v1 import campaign_pb2
from carillon_chassis.client import invoke
from carillon_chassis.clock import SystemClock
from carillon_chassis.database import Database
from carillon_chassis.errors import NotFound, PermissionRefused
from carillon_chassis.identity import acting_as
from carillon_chassis.ids import new_id
from carillon_gateway.console.backend import PeersBackend
from carillon_gateway.console.views import CampaignState
from carillon_gateway.identity.authentication import Authentication
from carillon_gateway.identity.tokens import TokenSigner
from carillon_gateway.peers import SERVICES, Peers, open_peers
from carillon_gateway.testing.catalogue import PLACED_AT
from carillon_gateway.testing.harness import client_id, secret
from carillon_gateway.testing.suite import StandIns

ADDRESS = "127.0.0.1"


@pytest.fixture
async def peers(services: StandIns) -> AsyncIterator[Peers]:
    """Channels to the stand-ins."""
    opened = open_peers(dict.fromkeys(SERVICES, services.address))
    yield opened
    await opened.close()


@pytest.fixture
def backend(database: Database, peers: Peers) -> PeersBackend:
    """The backend as main builds it."""
    signer = TokenSigner(key=b"k9QvX2mT7rLw4ZsB8nYc5HdJ1fGpAe3U")
    return PeersBackend(Authentication(database, signer, clock=SystemClock(), ids=new_id), peers)


async def test_a_client_with_its_secret_is_let_in_with_its_role_and_branch(backend: PeersBackend) -> None:
    role = "branch_operator"
    session = await backend.login(client_id(role), secret(role), address=ADDRESS)
    assert (session.identity.subject, session.role, session.identity.branch) == (client_id(role), role, "guangzhou")
    assert session.identity.roles == {role}
    assert secret(role) not in repr(session)


@pytest.mark.parametrize(
    ("who", "proof", "reason"),
    [
        (client_id("branch_operator"), "a wrong guess", "CLIENT_REFUSED"),
        ("nobody", "anything", "CLIENT_REFUSED"),
        (client_id("hall_terminal"), secret("hall_terminal"), "ROLE_MISSING"),
    ],
)
async def test_who_does_not_prove_himself_or_may_not_see_campaigns_stays_out(
    backend: PeersBackend, who: str, proof: str, reason: str
) -> None:
    with pytest.raises(PermissionRefused) as refusal:
        await backend.login(who, proof, address=ADDRESS)
    assert refusal.value.reason == reason


async def test_a_campaign_and_its_report_come_through_whole(backend: PeersBackend, peers: Peers) -> None:
    session = await backend.login(client_id("branch_operator"), secret("branch_operator"), address=ADDRESS)
    assert await backend.list_campaigns(session) == []
    plan = campaign_pb2.CampaignPlan(
        name="hillstrom-2008",
        arms=[campaign_pb2.Arm(name="holdout", segment_id=str(new_id()), holdout=True)],
        sender="10086",
        window_days=14,
        conversion_services=["CRBT"],
    )
    with acting_as(session.identity):
        request = campaign_pb2.CreateCampaignRequest(request_id="r-1", plan=plan)
        made = await invoke(peers.campaigns.CreateCampaign, request)
    (campaign,) = await backend.list_campaigns(session)
    assert campaign == await backend.get_campaign(session, made.campaign.id)
    assert (campaign.branch, campaign.created_by) == ("guangzhou", client_id("branch_operator"))
    assert (campaign.name, campaign.state, campaign.arms) == ("hillstrom-2008", CampaignState.DRAFT, 1)
    assert campaign.created_at == PLACED_AT.ToDatetime(UTC)
    assert campaign.launched_at is None
    report = await backend.get_report(session, campaign.id)
    holdout, mens = report.arms
    assert (holdout.name, holdout.holdout, holdout.responded, holdout.revenue_fen) == ("holdout", True, 2262, 1_390_833)
    assert holdout.uplift is None
    assert mens.uplift is not None
    assert (mens.uplift.response_rate.estimate, mens.uplift.response_rate.low) == (0.0766004, 0.0701)


async def test_an_unknown_campaign_is_not_found(backend: PeersBackend) -> None:
    session = await backend.login(client_id("auditor"), secret("auditor"), address=ADDRESS)
    with pytest.raises(NotFound):
        await backend.get_campaign(session, str(new_id()))
