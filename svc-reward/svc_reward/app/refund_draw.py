"""Gives back what the tickets of a void draw cost; it must not give a ticket's price back twice."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_reward.app.draw_access import found
from svc_reward.app.post_transfers import MAX_BATCH, post_transfers
from svc_reward.domain.draw import DrawState
from svc_reward.domain.draw_entrant import Entry
from svc_reward.domain.draw_ticket import ticket_refund
from svc_reward.store.draw_entries import page_entries
from svc_reward.store.draws import read_draw


async def refund_draw(database: Database, draw_id: str, *, clock: Clock) -> None:
    """Books a refund for every ticket, a batch a transaction; what was booked before is found as booked.

    Raises Unavailable DRAW_UNREFUNDED when the ledger refused one, so that the job comes again.
    """
    async with database.read() as unit:
        draw = found(await read_draw(unit, draw_id))
    price = draw.rule.ticket_price
    if price is None or draw.state is not DrawState.VOID:
        return
    refused: set[str] = set()
    last: Entry | None = None
    while True:
        async with database.unit_of_work() as unit:
            entries = await page_entries(unit, draw_id, after=last, limit=MAX_BATCH)
            if not entries:
                break
            refunds = [ticket_refund(draw_id, entry, price) for entry in entries]
            outcomes = await post_transfers(unit, refunds, clock=clock)
            refused |= {outcome.result for outcome in outcomes if not outcome.stands}
            last = entries[-1]
    if refused:
        raise Unavailable(
            reason="DRAW_UNREFUNDED", detail=f"refunds of draw {draw_id} were refused: {', '.join(sorted(refused))}"
        )
