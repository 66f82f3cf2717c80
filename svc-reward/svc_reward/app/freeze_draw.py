"""Freezes the entrants of a draw into their Merkle root, at its close; from then on nobody comes in or goes out."""

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from svc_reward.app.draw_access import found
from svc_reward.domain.draw import Draw, Frozen
from svc_reward.domain.draw_entrant import MerkleTree, leaf_text
from svc_reward.store.draw_entries import freeze_entrants, stream_entrants
from svc_reward.store.draws import lock_draw, save_draw


async def freeze_draw(unit: UnitOfWork, draw_id: str, *, clock: Clock) -> Draw:
    """The frozen draw. Raises StateRefused DRAW_STATE, or DRAW_CLOSES_LATER before the close.

    The lock waits for entries on their way; those behind it find the draw frozen. A million entrants take seconds, in
    which no other draw and no transfer waits.
    """
    draw = found(await lock_draw(unit, draw_id))
    draw.require_close(at=clock.now())
    await freeze_entrants(unit, draw)
    tree, tickets = MerkleTree(), 0
    async for page in stream_entrants(unit, draw_id):
        for token, count in page:
            tree.add(leaf_text(token, count))
            tickets += count
    frozen = draw.closed(Frozen(entrants=tree.leaves, tickets=tickets, root=tree.root()), at=clock.now())
    await save_draw(unit, frozen)
    return frozen
