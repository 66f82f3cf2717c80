"""Counts sales for those who may see them; it must not show one branch another's."""

import dataclasses

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import LimitExceeded
from carillon_chassis.identity import Identity, require_role
from svc_catalog.app.branch_scope import own_branch
from svc_catalog.app.get_service import unknown_service
from svc_catalog.app.name_touchpoint import name_touchpoint
from svc_catalog.app.permissions import SALES_ROLES
from svc_catalog.domain.sales import SalesCount, SalesQuestion
from svc_catalog.store import sales
from svc_catalog.store.services import has_service

# What an answer holds: more nobody reads, and each list of the question makes it shorter.
ROWS_LIMIT = 5_000


async def count_sales(unit: UnitOfWork, question: SalesQuestion, *, identity: Identity) -> list[SalesCount]:
    """Gives the registered volume per service, touch point and branch up to this moment (CHN-30, CHN-31, CHN-32).

    A branch sees its own. Raises PermissionRefused ROLE_MISSING and OTHER_BRANCH, NotFound SERVICE_UNKNOWN and
    TOUCHPOINT_UNKNOWN, LimitExceeded SALES_TOO_MANY.
    """
    require_role(identity, *SALES_ROLES)
    own = own_branch(identity, asked=question.branches, may="see the sales")
    branches = (own,) if own else question.branches
    for service in question.services:
        if not await has_service(unit, service):
            raise await unknown_service(unit, service, field="service")
    # The empty one stands for orders that told none.
    named = [one and await name_touchpoint(unit, one, field="touchpoint") for one in question.touchpoints]
    asked = dataclasses.replace(question, touchpoints=tuple(named), branches=branches)
    counts = await sales.count_sales(unit, asked, limit=ROWS_LIMIT + 1)
    if len(counts) > ROWS_LIMIT:
        raise LimitExceeded(
            reason="SALES_TOO_MANY",
            detail=f"The answer has more than {ROWS_LIMIT} lines; name services, touch points or branches.",
        )
    return counts
