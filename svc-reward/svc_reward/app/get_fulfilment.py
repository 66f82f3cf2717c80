"""Shows items of a report and the history of one, to those whose city it is; it must not change anything."""

from dataclasses import dataclass
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.identity import Identity
from svc_reward.app.fulfilment_access import find_readable_item, find_readable_report, readable_city
from svc_reward.domain.fulfilment import Fulfilment, FulfilmentKind, FulfilmentState, StepTaken
from svc_reward.store.fulfilments import list_items, list_steps
from svc_reward.store.recharge_orders import find_problem

NOT_CONFIGURED = "RECHARGE_NOT_CONFIGURED"


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentView:
    """An item, what was done about it, and what stands in its way; ``problem`` is empty while nothing does."""

    item: Fulfilment
    steps: tuple[StepTaken, ...]
    problem: str


async def get_fulfilment(unit: UnitOfWork, item_id: UUID, *, identity: Identity, can_recharge: bool) -> FulfilmentView:
    """Raises NotFound FULFILMENT_UNKNOWN, PermissionRefused ROLE_MISSING."""
    item = await find_readable_item(unit, item_id, identity=identity)
    problem = ""
    if item.state is FulfilmentState.PAYING:
        problem = await find_problem(unit, item)
    elif item.kind is FulfilmentKind.PHONE_CREDIT and item.state is FulfilmentState.VERIFIED and not can_recharge:
        problem = NOT_CONFIGURED
    return FulfilmentView(item=item, steps=tuple(await list_steps(unit, item_id)), problem=problem)


async def list_fulfilments(
    unit: UnitOfWork,
    report_id: UUID,
    *,
    city: str | None,
    state: FulfilmentState | None,
    after: UUID,
    limit: int,
    identity: Identity,
) -> list[Fulfilment]:
    """Items of a report behind that id. Raises NotFound REPORT_UNKNOWN, PermissionRefused BRANCH_FOREIGN."""
    wanted = readable_city(identity, city)
    await find_readable_report(unit, report_id)
    return await list_items(unit, report_id, city=wanted, state=state, after=after, limit=limit)
