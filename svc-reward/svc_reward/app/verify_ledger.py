"""Proves the whole ledger: every transfer against the chain, then what the chain can't tell; it must not repair."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.chain import GENESIS, Fault, find_fault, last_link
from svc_reward.store.chain import list_sealed, read_head
from svc_reward.store.soundness import count_unsealed, find_unsound

# Some 20 ms of hashing, so that a proof never holds up the calls beside it.
PROOF_PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How far the proof has come; ``finished`` with a fault or without one."""

    transfers: int
    entries: int
    link: bytes
    unsealed: int = 0
    finished: bool = False
    fault: Fault | None = None


async def verify_ledger(unit: UnitOfWork, *, page: int = PROOF_PAGE) -> AsyncIterator[Proof]:
    """Goes along the chain and stops at the first fault; the last proof is the finished one.

    A transfer that was booked while the proof goes on is proved or counted as unsealed; it is no fault.
    """
    head = await read_head(unit)
    position, entries, link = 0, 0, GENESIS
    fault: Fault | None
    while position < head.position:
        sealed_page = await list_sealed(unit, after=position, limit=min(page, head.position - position))
        if not sealed_page or sealed_page[0].position != position + 1:
            fault = Fault(detail=f"link {position + 1} of the chain is gone")
            yield Proof(transfers=position, entries=entries, link=link, finished=True, fault=fault)
            return
        for sealed in sealed_page:
            if sealed.position != position + 1:
                # The page that begins here says which link is gone.
                break
            fault = find_fault(link, sealed.content, sealed.links)
            if fault is not None:
                yield Proof(transfers=position, entries=entries, link=link, finished=True, fault=fault)
                return
            position, link = sealed.position, last_link(sealed.links)
            entries += len(sealed.content.legs)
        yield Proof(transfers=position, entries=entries, link=link)
    fault = Fault(detail="the chain does not end at its head") if link != head.link else await find_unsound(unit)
    unsealed = await count_unsealed(unit)
    yield Proof(transfers=position, entries=entries, link=link, unsealed=unsealed, finished=True, fault=fault)
