"""Says where a message stands that somebody asked for; shows its text to who may send, and to nobody else."""

from dataclasses import dataclass
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import NotFound
from carillon_chassis.identity import Identity
from svc_channel.store.single_messages import SingleMessage, find_single

READERS_OF_TEXT = frozenset({"province_admin", "branch_operator"})
# Who belongs to a branch sees its messages; these see all.
SEES_ALL = frozenset({"province_admin", "approver", "auditor"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """A message, and whether its text may be shown."""

    message: SingleMessage
    with_text: bool


async def get_message(unit: UnitOfWork, single_id: UUID, *, identity: Identity) -> ShownMessage:
    """The message under this id. Raises NotFound MESSAGE_UNKNOWN, also for another branch's."""
    found = await find_single(unit, single_id)
    if found is None or not (identity.roles & SEES_ALL or found.branch == identity.branch):
        raise NotFound(reason="MESSAGE_UNKNOWN", field="id", detail="no message of yours has this id")
    return ShownMessage(message=found, with_text=bool(identity.roles & READERS_OF_TEXT))
