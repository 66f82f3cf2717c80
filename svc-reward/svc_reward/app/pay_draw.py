"""Pays the point prizes of a drawn draw from its campaign's budget; it must not pay an award twice."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_reward.app.draw_access import found
from svc_reward.app.post_transfers import MAX_BATCH, post_transfers
from svc_reward.domain.draw_winner import payment_of
from svc_reward.domain.transfer import accounts_of
from svc_reward.store.accounts import open_accounts
from svc_reward.store.draws import list_winners, note_payments, read_draw


async def pay_draw(database: Database, draw_id: str, *, clock: Clock) -> None:
    """Books every award that is not paid, a batch a transaction, each noted with what became of it.

    Raises Unavailable DRAW_UNPAID when the ledger refused one, so that the job comes again: who has won is paid as soon
    as the campaign's budget can bear it.
    """
    refused: set[str] = set()
    after = 0
    while True:
        async with database.unit_of_work() as unit:
            rule = found(await read_draw(unit, draw_id)).rule
            winners = await list_winners(unit, draw_id, after=after, limit=MAX_BATCH, unpaid_only=True)
            if not winners:
                break
            transfers = [one.transfer(draw_id=draw_id, campaign_id=rule.campaign_id) for one in winners]
            sources = {transfer.legs[0].account for transfer in transfers}
            await open_accounts(unit, [name for name in accounts_of(transfers) if name not in sources], now=clock.now())
            outcomes = await post_transfers(unit, transfers, clock=clock)
            payments = [payment_of(outcome) for outcome in outcomes]
            awards = [winner.award for winner in winners]
            await note_payments(unit, draw_id, list(zip(awards, payments, strict=True)))
            refused |= {outcome.result for outcome in outcomes if not outcome.stands}
            after = awards[-1]
    if refused:
        raise Unavailable(
            reason="DRAW_UNPAID", detail=f"winners of draw {draw_id} wait for the ledger: {', '.join(sorted(refused))}"
        )
