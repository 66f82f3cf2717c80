"""Takes the first seed, draws the winners and keeps them, in one transaction; it must not pay anybody itself."""

import asyncio
from array import array

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from carillon_chassis.jobs import enqueue
from svc_reward.app.draw_access import REVEALERS, found, require_branch
from svc_reward.domain.draw import Draw
from svc_reward.domain.draw_selection import select_winners
from svc_reward.store.draw_entries import stream_entrants
from svc_reward.store.draws import add_winners, lock_draw, save_draw

PAY_JOB = "pay_draw"


async def reveal_draw(
    unit: UnitOfWork, draw_id: str, *, seed: bytes, actor: Identity, clock: Clock
) -> tuple[Draw, int]:
    """The drawn draw and how many won. Raises InvalidInput SEED_NOT_COMMITTED, StateRefused REVEAL_MISSED, ...

    A missing budget does not stand in the way: who could hold the reveal back could choose the winners.
    """
    require_role(actor, *REVEALERS)
    draw = found(await lock_draw(unit, draw_id))
    require_branch(draw, actor)
    drawn = draw.drawn(first_seed=seed, by=actor.subject, at=clock.now())
    tickets = array("Q")
    async for page in stream_entrants(unit, draw_id):
        tickets.extend(count for _, count in page)
    # A thread of its own: a million entrants are a second of computing, in which the loop serves others.
    wins = await asyncio.to_thread(select_winners, drawn.rule, tickets, key=drawn.key)
    await save_draw(unit, drawn)
    await add_winners(unit, drawn, [(win.award, win.prize, win.position) for win in wins])
    await enqueue(unit, PAY_JOB, draw_id.encode())
    return drawn, len(wins)
