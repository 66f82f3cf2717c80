"""Seeds are a token (RWD-05): earned by downloads on any own channel, spent on tickets of the game."""

from carillon.reward.v1 import draw_pb2, draw_pb2_grpc, grant_pb2, grant_pb2_grpc
from carillon.segment.v1 import facts_pb2
from carillon_chassis.client import invoke
from carillon_chassis.identity import acting_as
from svc_reward.worker.grant_facts import GrantFacts

from .circle import CHECKER, MAKER, PORTAL, Circle, seeds, stamp
from .referral_values import NOON


async def make_rule(circle: Circle, kind: str) -> None:
    """Ten seeds a download of that kind."""
    terms = grant_pb2.GrantTerms(
        name=kind,
        trigger=grant_pb2.GRANT_TRIGGER_EVENT,
        event_types=[kind],
        payee=grant_pb2.PAYEE_SUBSCRIBER,
        shape=grant_pb2.GrantShape(kind=grant_pb2.SHAPE_KIND_FLAT),
        offer=grant_pb2.Offer(rewards=[seeds(10)]),
        valid_from=stamp(NOON),
        cap_period=grant_pb2.GRANT_PERIOD_RULE,
    )
    stub = grant_pb2_grpc.GrantServiceStub(circle.channel)
    with acting_as(MAKER):
        request = grant_pb2.CreateGrantRuleRequest(request_id=circle.key(), terms=terms)
        rule = (await invoke(stub.CreateGrantRule, request)).rule
    with acting_as(CHECKER):
        approval = grant_pb2.ApproveGrantRuleRequest(request_id=circle.key(), number=rule.number)
        await invoke(stub.ApproveGrantRule, approval)


async def download(circle: Circle, kind: str, app: str) -> None:
    """As svc-segment tells it."""
    event = facts_pb2.RecordedEvent(subscriber_id=1, type=kind, at=stamp(circle.clock.at), attributes={"app": app})
    async with circle.database.unit_of_work() as unit:
        facts = GrantFacts(circle.lucky.means)
        await facts.events(unit, facts_pb2.EventsRecorded(events=[event]), circle.clock.at)


async def test_seeds_from_mobile_market_and_from_139_mail_buy_tickets_of_one_game(circle: Circle) -> None:
    for kind in ("mm_downloaded", "mail139_star_app_downloaded"):
        await make_rule(circle, kind)
    await download(circle, "mm_downloaded", "angry-birds")
    await download(circle, "mail139_star_app_downloaded", "star")
    assert (await circle.held())["subscriber/1"] == 20
    draw_id = await circle.open_draw(ticket_price=draw_pb2.DrawPoints(currency="seeds", amount=7))
    request = draw_pb2.AddEntriesRequest(
        request_id=circle.key(),
        draw_id=draw_id,
        entries=[draw_pb2.DrawEntry(subscriber_id=1, source_key=f"game:{number}") for number in (1, 2)],
    )
    with acting_as(PORTAL):
        await invoke(draw_pb2_grpc.DrawServiceStub(circle.channel).AddEntries, request)
    assert len(await circle.entries(draw_id)) == 2
    assert (await circle.held())["subscriber/1"] == 6
