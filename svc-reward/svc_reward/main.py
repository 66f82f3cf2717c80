"""Builds svc-reward out of its settings; nothing else builds objects, and nothing here decides anything."""

import secrets
from collections.abc import Awaitable, Callable
from functools import partial

import grpc

from carillon.reward.v1.affiliate_pb2_grpc import add_AffiliateServiceServicer_to_server
from carillon.reward.v1.commission_pb2_grpc import add_CommissionServiceServicer_to_server
from carillon.reward.v1.draw_pb2_grpc import add_DrawServiceServicer_to_server
from carillon.reward.v1.fulfilment_pb2_grpc import add_FulfilmentServiceServicer_to_server
from carillon.reward.v1.gift_pb2_grpc import add_GiftServiceServicer_to_server
from carillon.reward.v1.grant_pb2_grpc import add_GrantServiceServicer_to_server
from carillon.reward.v1.group_buy_pb2_grpc import add_GroupBuyServiceServicer_to_server
from carillon.reward.v1.hold_pb2_grpc import add_HoldServiceServicer_to_server
from carillon.reward.v1.ledger_pb2_grpc import add_LedgerServiceServicer_to_server
from carillon.reward.v1.member_discount_pb2_grpc import add_MemberDiscountServiceServicer_to_server
from carillon.reward.v1.prize_pb2_grpc import add_PrizeServiceServicer_to_server
from carillon.reward.v1.referral_pb2_grpc import add_ReferralServiceServicer_to_server
from carillon.reward.v1.sale_pb2_grpc import add_SaleServiceServicer_to_server
from carillon.reward.v1.settlement_pb2_grpc import add_SettlementServiceServicer_to_server
from carillon.reward.v1.subsidy_pb2_grpc import add_SubsidyServiceServicer_to_server
from carillon.reward.v1.voucher_pb2_grpc import add_VoucherServiceServicer_to_server
from carillon.segment.v1.subscriber_pb2_grpc import SubscriberServiceStub
from carillon_chassis.client import open_channel
from carillon_chassis.clock import Clock, SystemClock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database
from carillon_chassis.follower import Follower
from carillon_chassis.ids import new_id
from carillon_chassis.jobs import Jobs
from carillon_chassis.server import Registration, Service, Worker
from carillon_chassis.telemetry import meter
from svc_reward.api.affiliates import AffiliateServicer
from svc_reward.api.commissions import CommissionServicer
from svc_reward.api.draws import DrawServicer
from svc_reward.api.fulfilments import FulfilmentServicer
from svc_reward.api.gifts import GiftServicer
from svc_reward.api.grants import GrantServicer
from svc_reward.api.group_buys import GroupBuyServicer
from svc_reward.api.holds import HoldServicer
from svc_reward.api.ledger import LedgerServicer
from svc_reward.api.member_discounts import MemberDiscountServicer
from svc_reward.api.prizes import PrizeServicer
from svc_reward.api.referrals import ReferralServicer
from svc_reward.api.sales import SaleServicer
from svc_reward.api.settlements import SettlementServicer
from svc_reward.api.subsidies import SubsidyServicer
from svc_reward.api.vouchers import VoucherServicer
from svc_reward.app.claim_queue import ClaimQueue
from svc_reward.app.claim_tally import ClaimTally
from svc_reward.app.recharge_tally import RechargeTally
from svc_reward.app.reward_means import RewardMeans
from svc_reward.app.settle_referrals import LuckyCodes
from svc_reward.app.tally import Tally
from svc_reward.app.transfer_queue import TransferQueue
from svc_reward.domain.affiliate import TOKEN_BITS
from svc_reward.settings import Settings
from svc_reward.store.commission_matrix import read_commission_matrix
from svc_reward.worker.campaign_facts import CampaignFacts
from svc_reward.worker.choice_clock import ChoiceClock
from svc_reward.worker.commission_clerk import CommissionClerk
from svc_reward.worker.commission_facts import CommissionFacts
from svc_reward.worker.draw_jobs import DrawJobs
from svc_reward.worker.expiry import Expiry
from svc_reward.worker.grant_facts import GrantFacts
from svc_reward.worker.grant_jobs import GrantJobs
from svc_reward.worker.hold_clock import HoldClock
from svc_reward.worker.life_facts import LifeFacts
from svc_reward.worker.lot_clock import LotClock
from svc_reward.worker.placing_clerk import PlacingClerk
from svc_reward.worker.recharge_clerk import RechargeClerk
from svc_reward.worker.recharge_peer import RechargePeer
from svc_reward.worker.referral_facts import ReferralFacts
from svc_reward.worker.sealer import Sealer
from svc_reward.worker.subscriber_entries import SubscriberEntries
from svc_reward.worker.subscribers import Subscribers

# The role that may add to the ledger and not change it; migration 0001 makes it.
LEDGER_ROLE = "carillon_ledger"


def build(settings: Settings, *, clock: Clock | None = None) -> Service:
    """The whole service, not yet running; tests bring a clock of their own."""
    clock = clock or SystemClock()
    tally = Tally(meter())
    database = Database(settings.database_url, pool_size=settings.database_pool_size, role=LEDGER_ROLE)
    campaign, catalog, segment = map(
        open_channel, (settings.campaign_address, settings.catalog_address, settings.segment_address)
    )
    queue = TransferQueue(database, clock=clock, tally=tally)
    commands = Commands(database)
    servicer = LedgerServicer(database, commands, queue, clock, zone=settings.time_zone)
    draws = DrawServicer(
        database, commands, clock, zone=settings.time_zone, new_id=new_id, random_bytes=secrets.token_bytes
    )
    follower = Follower(database, campaign, consumer="reward.campaign", handlers=CampaignFacts(clock, tally).handlers())
    means = RewardMeans(clock=clock, zone=settings.time_zone, ids=new_id, random_bytes=secrets.token_bytes)
    handlers = {
        **DrawJobs(database, clock).handlers(),
        **GrantJobs(database, means).handlers(),
        **SubscriberEntries(database, clock, zone=settings.time_zone).handlers(),
    }
    jobs = Jobs(settings.database_url, handlers)
    servicers, workers = _commissions(settings, database, commands, clock, catalog)
    shop_servicers, shop_workers = _shop(database, commands, clock)
    friend_servicers, friend_workers = _friends(database, commands, means, catalog, segment)
    fulfilment, fulfilment_workers, fulfilment_closers = _fulfilment(settings, database, commands, clock, segment)
    return Service(
        settings=settings,
        name="reward",
        database=database,
        servicers=[
            (add_LedgerServiceServicer_to_server, servicer),
            (add_HoldServiceServicer_to_server, HoldServicer(database, commands, clock)),
            (add_DrawServiceServicer_to_server, draws),
            (add_GrantServiceServicer_to_server, GrantServicer(database, commands, means=means)),
            *servicers,
            *shop_servicers,
            *friend_servicers,
            fulfilment,
        ],
        workers=[
            follower.run,
            *_ledger_clocks(database, clock),
            jobs.run,
            *workers,
            *shop_workers,
            *_grants(database, means, catalog, segment),
            *friend_workers,
            *fulfilment_workers,
        ],
        closers=[campaign.close, catalog.close, segment.close, *fulfilment_closers],
    )


def _ledger_clocks(database: Database, clock: Clock) -> list[Worker]:
    """What keeps the ledger by itself: the chain, holds and points that end."""
    return [Sealer(database).run, HoldClock(database, clock).run, LotClock(database, clock).run]


def _commissions(
    settings: Settings, database: Database, commands: Commands, clock: Clock, catalog: grpc.aio.Channel
) -> tuple[list[Registration], list[Worker]]:
    """The servicers and workers of affiliates, commissions and settlements."""
    matrix, zone = read_commission_matrix(), settings.time_zone
    randoms = partial(secrets.randbits, TOKEN_BITS)
    affiliates = AffiliateServicer(database, commands, clock=clock, zone=zone, ids=new_id, randoms=randoms)
    commissions = CommissionServicer(database, commands, matrix=matrix, clock=clock, zone=zone)
    settlements = SettlementServicer(database, commands, clock=clock, zone=zone, ids=new_id)
    follower = Follower(database, catalog, consumer="reward.commissions", handlers=CommissionFacts().handlers())
    clerk = CommissionClerk(database, matrix=matrix, clock=clock, zone=zone)
    servicers: list[Registration] = [
        (add_AffiliateServiceServicer_to_server, affiliates),
        (add_CommissionServiceServicer_to_server, commissions),
        (add_SettlementServiceServicer_to_server, settlements),
    ]
    return servicers, [follower.run, clerk.price, clerk.lock]


def _grants(
    database: Database, means: RewardMeans, catalog: grpc.aio.Channel, segment: grpc.aio.Channel
) -> list[Worker]:
    """What hears of deeds that earn rewards and of lives that end, and ends choices that nobody made."""
    facts = GrantFacts(means)
    orders = Follower(database, catalog, consumer="reward.grants", handlers=facts.order_handlers())
    events = Follower(database, segment, consumer="reward.grants.events", handlers=facts.event_handlers())
    lives = Follower(database, segment, consumer="reward.lives", handlers=LifeFacts().handlers())
    return [orders.run, events.run, lives.run, ChoiceClock(database, means).run]


def _shop(database: Database, commands: Commands, clock: Clock) -> tuple[list[Registration], list[Worker]]:
    """The servicers and workers of prizes, vouchers, flash sales and group buys."""
    prizes = PrizeServicer(database, commands, clock, ids=new_id, random_bytes=secrets.token_bytes)
    vouchers = VoucherServicer(database, commands, clock)
    queue = ClaimQueue(database, clock=clock, ids=new_id, tally=ClaimTally(meter()))
    sales = SaleServicer(database, commands, queue, clock, ids=new_id)
    servicers: list[Registration] = [
        (add_PrizeServiceServicer_to_server, prizes),
        (add_VoucherServiceServicer_to_server, vouchers),
        (add_SaleServiceServicer_to_server, sales),
        (add_GroupBuyServiceServicer_to_server, GroupBuyServicer(database, commands, clock, ids=new_id)),
    ]
    return servicers, [Expiry(database, clock).run]


def _friends(
    database: Database, commands: Commands, means: RewardMeans, catalog: grpc.aio.Channel, segment: grpc.aio.Channel
) -> tuple[list[Registration], list[Worker]]:
    """The servicers of referrals, gifts and subsidies, and what hears of what friends do."""
    clock, zone = means.clock, means.zone
    lucky = LuckyCodes(means=means, randoms=secrets.randbelow)
    referrals = ReferralServicer(database, commands, clock, subscribers=SubscriberServiceStub(segment), lucky=lucky)
    facts = ReferralFacts(lucky)
    orders = Follower(database, catalog, consumer="reward.referrals", handlers=facts.of_catalog())
    events = Follower(database, segment, consumer="reward.referrals.events", handlers=facts.of_segment())
    servicers: list[Registration] = [
        (add_ReferralServiceServicer_to_server, referrals),
        (
            add_MemberDiscountServiceServicer_to_server,
            MemberDiscountServicer(database, commands, clock, randoms=secrets.randbelow),
        ),
        (add_GiftServiceServicer_to_server, GiftServicer(commands, clock, zone=zone, ids=new_id)),
        (add_SubsidyServiceServicer_to_server, SubsidyServicer(database, commands, clock, zone=zone, ids=new_id)),
    ]
    return servicers, [orders.run, events.run]


def _fulfilment(
    settings: Settings, database: Database, commands: Commands, clock: Clock, segment: grpc.aio.Channel
) -> tuple[Registration, list[Worker], list[Callable[[], Awaitable[None]]]]:
    """Reports and what is handed over by them; without a recharge system phone credit stays verified and says so."""
    subscribers = Subscribers(segment, city_attribute=settings.city_attribute)
    servicer = FulfilmentServicer(
        database,
        commands,
        clock,
        ids=new_id,
        ask_city=bool(settings.city_attribute),
        can_recharge=bool(settings.recharge_url),
    )
    workers: list[Worker] = [PlacingClerk(database, subscribers).run]
    closers: list[Callable[[], Awaitable[None]]] = []
    if settings.recharge_url:
        payer = RechargePeer(settings.recharge_url, settings.recharge_secret.get_secret_value().encode())
        workers.append(
            RechargeClerk(database, payer=payer, numbers=subscribers, clock=clock, tally=RechargeTally(meter())).run
        )
        closers.append(payer.close)
    return (add_FulfilmentServiceServicer_to_server, servicer), workers, closers
