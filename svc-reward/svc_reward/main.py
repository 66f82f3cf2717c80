"""Builds svc-reward out of its settings; nothing else builds objects, and nothing here decides anything."""

from carillon.reward.v1.ledger_pb2_grpc import add_LedgerServiceServicer_to_server
from carillon_chassis.client import open_channel
from carillon_chassis.clock import SystemClock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database
from carillon_chassis.follower import Follower
from carillon_chassis.server import Service
from carillon_chassis.telemetry import meter
from svc_reward.api.ledger import LedgerServicer
from svc_reward.app.tally import Tally
from svc_reward.app.transfer_queue import TransferQueue
from svc_reward.settings import Settings
from svc_reward.worker.campaign_facts import CampaignFacts

# The role that may add to the ledger and not change it; migration 0001 makes it.
LEDGER_ROLE = "carillon_ledger"


def build(settings: Settings) -> Service:
    """The whole service, not yet running."""
    clock = SystemClock()
    tally = Tally(meter())
    database = Database(settings.database_url, pool_size=settings.database_pool_size, role=LEDGER_ROLE)
    campaign = open_channel(settings.campaign_address)
    queue = TransferQueue(database, clock=clock, tally=tally)
    servicer = LedgerServicer(database, Commands(database), queue, clock)
    follower = Follower(database, campaign, consumer="reward.campaign", handlers=CampaignFacts(clock, tally).handlers())
    return Service(
        settings=settings,
        name="reward",
        database=database,
        servicers=[(add_LedgerServiceServicer_to_server, servicer)],
        workers=[follower.run],
        closers=[campaign.close],
    )
