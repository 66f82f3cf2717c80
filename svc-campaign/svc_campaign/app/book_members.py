"""Books one batch of an arm's members with the texts they get, in one transaction; hands nothing over."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import asyncpg

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import Unavailable
from svc_campaign.app.peers import MemberBatch, Outlet
from svc_campaign.app.tally import Tally
from svc_campaign.domain.campaign import Campaign
from svc_campaign.domain.link_token import write_link
from svc_campaign.store.ended_lives import ended_among
from svc_campaign.store.launch_batches import ArmCursor, OpenBatch, booked_among, insert_batch, move_cursor

# Two equal 63-bit numbers among a billion live links are a chance of one in ten billion a draw; thrice is a bug.
TOKEN_ATTEMPTS = 3


@dataclass(frozen=True, kw_only=True)
class BatchBooker:
    """Books batches; `draw_number` gives a random number below 2**63 for each link."""

    database: Database
    outlet: Outlet
    clock: Clock
    tally: Tally
    draw_number: Callable[[], int]
    public_url: str

    async def book(
        self, campaign: Campaign, cursor: ArmCursor, found: MemberBatch
    ) -> tuple[ArmCursor, OpenBatch | None]:
        """Books the members beyond the cursor; answers the moved cursor and what is to be handed over, if anything.

        Raises Unavailable LAUNCH_OVERTAKEN when another process runs the same launch.
        """
        if not found.subscriber_ids or found.subscriber_ids[-1] <= cursor.booked_up_to:
            return cursor, None
        for attempt in range(1, TOKEN_ATTEMPTS + 1):
            try:
                async with self.database.unit_of_work() as unit:
                    batch = await self._book(unit, campaign, cursor, found)
                break
            except asyncpg.UniqueViolationError as error:
                if error.constraint_name != "member_link_token" or attempt == TOKEN_ATTEMPTS:
                    raise
        return replace(cursor, booked_up_to=found.subscriber_ids[-1]), batch

    async def _book(
        self, unit: UnitOfWork, campaign: Campaign, cursor: ArmCursor, found: MemberBatch
    ) -> OpenBatch | None:
        if not await move_cursor(unit, campaign.id, cursor, found.subscriber_ids[-1]):
            raise Unavailable(
                reason="LAUNCH_OVERTAKEN", detail="Another process books this campaign; this one stands back."
            )
        fresh = await self._without_booked(unit, campaign, cursor, found)
        count = len(fresh.subscriber_ids)
        message = campaign.plan.arms[cursor.place].message
        if not count:
            return None
        if message is None:
            await self._insert(unit, campaign, cursor, fresh, tokens=[None] * count, payload=None)
            return None
        tokens = [self.draw_number() for _ in range(count)] if message.has_link else [None] * count
        links = [write_link(self.public_url, token) for token in tokens]
        payload = self.outlet.encode(fresh.subscriber_ids, message.render(fresh.columns, links, count))
        number = await self._insert(unit, campaign, cursor, fresh, tokens=tokens, payload=payload)
        return OpenBatch(number=number, place=cursor.place, contacts=count, payload=payload)

    async def _insert(
        self,
        unit: UnitOfWork,
        campaign: Campaign,
        cursor: ArmCursor,
        fresh: MemberBatch,
        *,
        tokens: list[int] | list[None],
        payload: bytes | None,
    ) -> int:
        return await insert_batch(
            unit,
            campaign.id,
            place=cursor.place,
            subscriber_ids=fresh.subscriber_ids,
            tokens=tokens,
            payload=payload,
            at=self.clock.now(),
        )

    async def _without_booked(
        self, unit: UnitOfWork, campaign: Campaign, cursor: ArmCursor, found: MemberBatch
    ) -> MemberBatch:
        """Leaves out who is behind the cursor, or came into a second arm after the check, or is no more."""
        booked = await booked_among(unit, campaign.id, found.subscriber_ids)
        # A membership keeps who is no more until its next version.
        booked |= await ended_among(unit, found.subscriber_ids)
        kept = [
            index
            for index, subscriber_id in enumerate(found.subscriber_ids)
            if subscriber_id > cursor.booked_up_to and subscriber_id not in booked
        ]
        if len(kept) == len(found.subscriber_ids):
            return found
        return MemberBatch(
            subscriber_ids=[found.subscriber_ids[index] for index in kept],
            columns={name: [column[index] for index in kept] for name, column in found.columns.items()},
        )
