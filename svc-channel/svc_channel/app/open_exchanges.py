"""Has those texts answered that were written to a number where somebody answers; answers none itself."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_channel.domain.texting.desks import TextDesks
from svc_channel.store.exchanges import open_exchanges as keep_open
from svc_channel.store.inbound import ResolvedInbound
from svc_channel.store.staff_numbers import fetch_staff


async def open_exchanges(unit: UnitOfWork, messages: Sequence[ResolvedInbound], desks: TextDesks) -> None:
    """Keeps them for who answers, in the transaction that tells them.

    Words of ours go first: what one of them recognised is answered by it. At a number that is staff's alone nobody else
    is heard, and their texts go the ordinary way.
    """
    asked = [(one, desk) for one in messages if not one.keyword and (desk := desks.find(one.recipient)) is not None]
    if not asked:
        return
    staffs_alone = [one.subscriber_id for one, desk in asked if not (desk.menu or desk.robot)]
    staff = await fetch_staff(unit, staffs_alone) if staffs_alone else {}
    heard = [one for one, desk in asked if desk.menu or desk.robot or one.subscriber_id in staff]
    if heard:
        await keep_open(unit, heard)
