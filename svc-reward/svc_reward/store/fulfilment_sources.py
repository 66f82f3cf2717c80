"""What may be owed by hand or by a recharge, a query a source (RWD-01); each answers only what no report has yet.

To let something new be handed over, add its query to ``SOURCES``: it reads ``scope`` (campaign, prizes, sales) and
answers source (unique for ever), subscriber, prize, name, kind (the catalogue's, or empty), quantity, amount (fen of
phone credit that the subscriber holds already, or 0) and city (empty where it is the subscriber's).
"""

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.reward_report import Owed, ReportScope

# Winners of what no currency pays; the ledger has paid the others itself.
DRAW_WINNERS = """
SELECT 'draw:' || draw.id || ':' || won.award AS source, won.subscriber, won.prize,
       coalesce(named.name, won.prize) AS name, coalesce(prize.kind, '') AS kind, 1 AS quantity, 0::bigint AS amount,
       draw.branch AS city
FROM scope
JOIN draw ON draw.state = 'drawn' AND draw.rule::jsonb ->> 'campaign' = scope.campaign
JOIN draw_winner AS won ON won.draw = draw.id AND won.currency IS NULL
LEFT JOIN prize ON prize.code = won.prize
LEFT JOIN LATERAL (
    SELECT one ->> 'name' AS name FROM jsonb_array_elements(draw.rule::jsonb -> 'prizes') AS one
    WHERE one ->> 'code' = won.prize
) AS named ON true
"""
# Vouchers are issued with their redemption: a merchant takes them, and no city hands them over.
REDEMPTIONS = """
SELECT 'redemption:' || redemption.id AS source, redemption.subscriber_id AS subscriber, redemption.prize, prize.name,
       prize.kind, redemption.quantity, 0::bigint AS amount, '' AS city
FROM scope
JOIN redemption ON redemption.prize = ANY(scope.prizes) AND redemption.state = 'booked'
JOIN prize ON prize.code = redemption.prize AND prize.kind <> 'voucher'
"""
# Prizes that a grant rule gives from this campaign's budget are redeemed at once, in the subscriber's name (RWD-04).
GRANTED_PRIZES = """
SELECT 'redemption:' || redemption.id AS source, redemption.subscriber_id AS subscriber, redemption.prize, prize.name,
       prize.kind, redemption.quantity, 0::bigint AS amount, '' AS city
FROM scope
JOIN reward_grant ON reward_grant.state = 'given'
    AND reward_grant.rewards -> reward_grant.chosen::integer ->> 'kind' = 'prize'
    AND reward_grant.rewards -> reward_grant.chosen::integer ->> 'campaign_id' = scope.campaign
JOIN redemption ON redemption.id::text = reward_grant.reference AND redemption.state = 'booked'
JOIN prize ON prize.code = redemption.prize AND prize.kind <> 'voucher'
"""
CLAIMS = """
SELECT 'claim:' || claim.id AS source, claim.subscriber_id AS subscriber, sale.id::text AS prize, sale.name,
       '' AS kind, 1 AS quantity, 0::bigint AS amount, '' AS city
FROM scope
JOIN sale ON sale.id = ANY(scope.sales)
JOIN claim ON claim.sale_id = sale.id AND claim.state = 'paid'
"""
# Phone credit that the campaign's budget has granted stands on the subscriber's account until it is on the phone.
GRANTED_CREDIT = """
SELECT 'transfer:' || transfer.id || ':' || holder.owner AS source, holder.owner::bigint AS subscriber,
       'phone_credit_fen' AS prize, transfer.reason AS name, 'phone_credit' AS kind, 1 AS quantity, got.amount,
       '' AS city
FROM scope
JOIN account AS budget ON budget.kind = 'campaign_budget' AND budget.owner = scope.campaign
    AND budget.currency = 'phone_credit_fen'
JOIN entry AS gave ON gave.account = budget.number AND gave.amount < 0
JOIN transfer ON transfer.number = gave.transfer
JOIN entry AS got ON got.transfer = gave.transfer AND got.amount > 0
JOIN account AS holder ON holder.number = got.account AND holder.kind = 'subscriber'
WHERE NOT EXISTS (SELECT FROM transfer AS undone WHERE undone.id = 'reverse:' || transfer.id)
"""
SOURCES = (DRAW_WINNERS, REDEMPTIONS, GRANTED_PRIZES, CLAIMS, GRANTED_CREDIT)

UNREPORTED = """
WITH scope AS (SELECT $1::text AS campaign, $2::text[] AS prizes, $3::uuid[] AS sales)
SELECT owed.source, owed.subscriber, owed.prize, owed.name, owed.kind, owed.quantity, owed.amount, owed.city
FROM ({source}) AS owed
WHERE NOT EXISTS (SELECT FROM fulfilment WHERE fulfilment.source = owed.source)
ORDER BY owed.source COLLATE "C"
"""


async def list_owed(unit: UnitOfWork, scope: ReportScope) -> list[Owed]:
    """Everything within the scope that no report has, once, even where two queries find it."""
    owed: dict[str, Owed] = {}
    for source in SOURCES:
        statement = UNREPORTED.format(source=source)
        rows = await unit.driver.fetch(statement, scope.campaign, sorted(scope.prizes), sorted(scope.sales))
        owed |= {
            row["source"]: Owed(
                source=row["source"],
                subscriber_id=row["subscriber"],
                prize=row["prize"],
                name=row["name"],
                prize_kind=row["kind"],
                quantity=row["quantity"],
                amount_fen=row["amount"],
                city=row["city"],
            )
            for row in rows
        }
    return list(owed.values())
