"""Shows a draw, its winners and its public proof; it must not change anything."""

from collections.abc import AsyncIterator

from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.draw_access import WINNER_READERS, found, require_branch
from svc_reward.domain.draw import Draw
from svc_reward.domain.draw_entrant import leaf_text
from svc_reward.domain.draw_proof import proof_closing, proof_leaves, proof_opening
from svc_reward.domain.draw_winner import Winner
from svc_reward.store.draw_entries import page_entrants
from svc_reward.store.draws import list_winners, public_wins, read_draw

# One piece of a proof, some 200 KB: few enough calls, and no other caller waits while it is put together.
PIECE_LEAVES = 5_000


async def get_draw(unit: UnitOfWork, draw_id: str) -> Draw:
    """The draw. Raises NotFound DRAW_UNKNOWN."""
    return found(await read_draw(unit, draw_id))


async def list_draw_winners(unit: UnitOfWork, draw_id: str, *, after: int, limit: int, actor: Identity) -> list[Winner]:
    """Winners behind that award. Raises PermissionRefused ROLE_MISSING or BRANCH_FOREIGN."""
    require_role(actor, *WINNER_READERS)
    require_branch(found(await read_draw(unit, draw_id)), actor)
    return await list_winners(unit, draw_id, after=after, limit=limit)


async def prove_draw(database: Database, draw_id: str) -> AsyncIterator[str]:
    """The proof in pieces. Raises NotFound DRAW_UNKNOWN or StateRefused DRAW_NOT_OPEN before the first.

    What was published never changes, so no transaction is held while a slow reader takes the pieces.
    """
    async with database.read() as unit:
        draw = found(await read_draw(unit, draw_id))
        wins = await public_wins(unit, draw_id) if draw.first_seed else []
    yield proof_opening(draw, wins)
    after = 0
    while draw.frozen and after < draw.frozen.entrants:
        async with database.read() as unit:
            page = await page_entrants(unit, draw_id, after=after, limit=PIECE_LEAVES)
        yield proof_leaves([leaf_text(*entrant) for entrant in page], first=after == 0)
        after += len(page)
    yield proof_closing(draw)
