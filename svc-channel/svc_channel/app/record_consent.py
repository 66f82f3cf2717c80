"""Books what a subscriber allows or withdraws, with its proof; sends nothing."""

from datetime import datetime

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_channel.domain.consent import ConsentChange, ConsentSource, ConsentState, Scope
from svc_channel.store.consents import ConsentEntry, book_consents

RECORDERS = ("province_admin", "branch_operator", "hall_terminal", "agent", "portal")


async def record_consent(
    unit: UnitOfWork,
    *,
    identity: Identity,
    subscriber_id: int,
    scope: Scope,
    state: ConsentState,
    evidence: str,
    text: str,
    now: datetime,
) -> ConsentEntry:
    """One line of the ledger, booked by the caller for the subscriber.

    Raises PermissionRefused ROLE_MISSING and what ConsentChange refuses.
    """
    require_role(identity, *RECORDERS)
    change = ConsentChange(
        subscriber_id=subscriber_id,
        scope=scope,
        state=state,
        at=now,
        source=ConsentSource.OPERATOR,
        evidence=evidence,
        actor=identity.subject,
        text=text,
    )
    [number] = await book_consents(unit, [change], now=now)
    return ConsentEntry(number=number, change=change)
