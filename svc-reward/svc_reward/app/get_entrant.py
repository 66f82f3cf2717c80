"""Shows one subscriber's own part in a draw; it must not show anybody else's."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound, StateRefused
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.draw_access import PART_READERS, found
from svc_reward.domain.draw_entrant import entrant_token
from svc_reward.domain.draw_winner import Part
from svc_reward.store.draw_entries import find_entrant
from svc_reward.store.draws import list_wins, read_draw


async def get_entrant(unit: UnitOfWork, draw_id: str, subscriber_id: int, *, actor: Identity) -> Part:
    """The token that stands for the subscriber in the proof, so that anybody finds the own tickets there.

    Raises NotFound DRAW_UNKNOWN or ENTRANT_UNKNOWN, StateRefused DRAW_NOT_FROZEN.
    """
    require_role(actor, *PART_READERS)
    draw = found(await read_draw(unit, draw_id))
    if draw.frozen is None:
        raise StateRefused(
            reason="DRAW_NOT_FROZEN", field="draw_id", detail="tokens are known once the entrants are frozen"
        )
    token = entrant_token(draw.salt, subscriber_id)
    entrant = await find_entrant(unit, draw_id, token)
    if entrant is None:
        raise NotFound(
            reason="ENTRANT_UNKNOWN", field="subscriber_id", detail="this subscriber has no ticket in this draw"
        )
    position, tickets = entrant
    wins = await list_wins(unit, draw_id, position)
    return Part(position=position, token=token, tickets=tickets, wins=tuple(wins))
