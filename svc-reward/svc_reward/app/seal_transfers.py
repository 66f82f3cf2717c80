"""Chains transfers that have committed, a moment after their booking; it must not make a booking wait.

A link made within the booking would serialise all bookings on the chain's head until they commit, and two bookings in
one transaction could wait for each other in a ring. What this leaves open: a change made before the transfer is sealed,
a second at most, is sealed as it then is; it still has to fit the digest, the legs' sum and the balances.
"""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.plans import prefer_indexes
from svc_reward.domain.chain import last_link, make_links
from svc_reward.store.chain import find_unsealed, lock_head, seal

# Some 10 ms of hashing and writing, so that sealing never holds up the calls beside it.
SEAL_BATCH = 1000


async def seal_transfers(unit: UnitOfWork, *, limit: int = SEAL_BATCH) -> int:
    """Seals at most ``limit`` transfers, the lowest numbers first; answers how many."""
    await prefer_indexes(unit)
    head = await lock_head(unit)
    unsealed = await find_unsealed(unit, head, limit)
    if not unsealed.contents:
        return 0
    link, links = head.link, []
    for content in unsealed.contents:
        links.append(make_links(link, content))
        link = last_link(links[-1])
    after = head.after(
        position=head.position + len(links),
        link=link,
        complete_to=unsealed.contents[-1].transfer,
        oldest_running=unsealed.oldest_running,
        own_transaction=unsealed.own_transaction,
    )
    await seal(unit, after, [content.transfer for content in unsealed.contents], links)
    return len(links)
