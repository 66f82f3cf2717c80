"""Numbers from which an opt-out came a moment ago, before anybody has looked up whose they are; the ledger is elsewhere."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.inbound import Inbound
from svc_channel.store.consents import close_gate

# What is booked again after its sender was looked up is in the ledger already, and would be forgotten by nobody.
HEAR = """
INSERT INTO heard_opt_out (msisdn, inbound_id)
SELECT w.msisdn, w.inbound_id FROM unnest($1::text[], $2::uuid[]) AS w (msisdn, inbound_id)
JOIN inbound i ON i.id = w.inbound_id AND i.state = 'received'
ORDER BY w.msisdn
ON CONFLICT (msisdn) DO UPDATE SET inbound_id = excluded.inbound_id
"""

TAKE_BACK = "DELETE FROM heard_opt_out WHERE msisdn = ANY($1::text[])"

# A later word from the same number waits for its own turn.
FORGET = """
DELETE FROM heard_opt_out h USING unnest($1::text[], $2::uuid[]) AS w (msisdn, inbound_id)
WHERE h.msisdn = w.msisdn AND h.inbound_id = w.inbound_id
"""


async def book_heard(unit: UnitOfWork, opted_out: Mapping[str, UUID], opted_in: Iterable[str]) -> None:
    """Keeps the numbers that opted out, with the message that says so, and lets go of those that came back since.

    From here until the transaction ends no message is claimed.
    """
    await close_gate(unit)
    await unit.driver.execute(TAKE_BACK, list(opted_in))
    await unit.driver.execute(HEAR, list(opted_out), list(opted_out.values()))


async def forget_heard(unit: UnitOfWork, messages: Iterable[Inbound]) -> None:
    """Forgets what these messages said, since the ledger has it; goes last, for whoever books a word has the gate first."""
    places = [(one.sender, one.id) for one in messages]
    await unit.driver.execute(FORGET, [sender for sender, _ in places], [inbound for _, inbound in places])
