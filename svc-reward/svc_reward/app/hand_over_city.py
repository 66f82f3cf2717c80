"""Verifies or hands over what is a city's, many items at once (RWD-02, RWD-31); each by the same rules as one alone."""

from uuid import UUID

from carillon_chassis.clock import Clock
from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity, require_role
from svc_reward.app.complete_fulfilment import redemption_of
from svc_reward.app.end_redemption import fulfil_redemption
from svc_reward.app.fulfilment_access import HANDS, find_readable_report
from svc_reward.domain.fulfilment import REFERENCES, FulfilmentKind, FulfilmentState, Step
from svc_reward.store.fulfilments import lock_city, save_items

# What one transaction changes at most; a city with more calls again.
MAX_ITEMS = 5000


async def verify_city(unit: UnitOfWork, report_id: UUID, *, prize: str | None, identity: Identity, clock: Clock) -> int:
    """How many items of the caller's own city are verified now, at most MAX_ITEMS; what the caller reported is left out.

    Raises NotFound REPORT_UNKNOWN, PermissionRefused ROLE_MISSING.
    """
    require_role(identity, *HANDS)
    await find_readable_report(unit, report_id)
    items = await lock_city(
        unit,
        report_id,
        city=identity.branch,
        state=FulfilmentState.REPORTED,
        prize=prize,
        kinds=list(FulfilmentKind),
        not_by=identity.subject,
        limit=MAX_ITEMS,
    )
    verified = [item.verify(by=identity.subject, at=clock.now()) for item in items]
    await save_items(unit, verified, step=Step.VERIFY, by=identity.subject, note="")
    return len(verified)


async def complete_city(
    unit: UnitOfWork, report_id: UUID, *, prize: str, reference: str, identity: Identity, clock: Clock
) -> int:
    """How many verified items of one prize the caller's own city has handed over now, under one reference.

    Phone credit is left out: each recharge has a reference of its own. Redemptions are fulfilled with their items; if one
    can't be, nothing of the call stands. Raises NotFound REPORT_UNKNOWN, PermissionRefused ROLE_MISSING, InvalidInput
    REFERENCE_MISSING, StateRefused REDEMPTION_STATE.
    """
    require_role(identity, *HANDS)
    await find_readable_report(unit, report_id)
    items = await lock_city(
        unit,
        report_id,
        city=identity.branch,
        state=FulfilmentState.VERIFIED,
        prize=prize,
        kinds=list(REFERENCES),
        not_by="",
        limit=MAX_ITEMS,
    )
    completed = [item.hand_over(reference=reference, at=clock.now()) for item in items]
    for redemption_id in filter(None, map(redemption_of, completed)):
        await fulfil_redemption(unit, redemption_id, clock=clock)
    await save_items(unit, completed, step=Step.HAND_OVER, by=identity.subject, note=reference)
    return len(completed)
