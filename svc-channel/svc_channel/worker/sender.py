"""Claims queued messages and puts them on the wire; books nothing, that is the booker's."""

import asyncio
from collections.abc import Sequence
from itertools import groupby

from opentelemetry.util.types import AttributeValue

from carillon_chassis.telemetry import span
from svc_channel.adapters.line import Line, LinkLost, Outgoing, OutgoingPart, PartRefused, Peer
from svc_channel.domain.number import to_address
from svc_channel.domain.outgoing import PARTS_LIMIT, TEXT_TOO_LONG
from svc_channel.domain.quiet_hours import QUIET_HOURS
from svc_channel.domain.submission import Answer, PartAnswer
from svc_channel.store.claims import ClaimedMessage
from svc_channel.worker.feed import Feed
from svc_channel.worker.pacing import PaceKeeper
from svc_channel.worker.quotas import PATIENCE_SECONDS, Quotas
from svc_channel.worker.second_look import SecondLook
from svc_channel.worker.wire import OpenClaim, OpenMessage, Token, Wire

# While one claim is on the wire the next is fetched and a third waits. More would only put more messages in doubt
# when this process is killed: nobody can tell a claimed message that was written from one that was not.
OPEN_CLAIMS = 3
# A claim costs one commit whatever its size; this many keep a window of 100 busy for one round trip and the next.
CLAIM_ROWS = 200
# A paced line claims what it sends in half a second, so that little waits in a claim where nothing can overtake it.
CLAIMS_A_SECOND = 2
LEAST_CLAIM_ROWS = 10
# How long an empty queue rests before it is looked at again.
IDLE_SECONDS = 0.1
# Replies are few and none waits for another; they are looked for more often than bulk.
OPEN_REPLY_CLAIMS = 4
REPLY_ROWS = 100
IDLE_REPLY_SECONDS = 0.05


def claim_rows(rate_per_second: int) -> int:
    """How many messages a line of this rate claims at once; 0 is a line without a rate."""
    if not rate_per_second:
        return CLAIM_ROWS
    return min(max(rate_per_second // CLAIMS_A_SECOND, LEAST_CLAIM_ROWS), CLAIM_ROWS)


class Sender:
    """The submitting half of one line after another."""

    def __init__(
        self,
        *,
        peer: Peer[Token],
        account: str,
        bulk: Feed,
        replies: Feed,
        wire: Wire,
        pace: PaceKeeper,
        quotas: Quotas,
    ) -> None:
        self._account = account
        self._quotas = quotas
        self._peer = peer
        self._bulk = bulk
        self._replies = replies
        self._wire = wire
        self._pace = pace

    async def run(self, link: Line[Token]) -> None:
        """Claims and submits until the link is lost; what is open then stays open in the wire.

        Replies are claimed by themselves: they meet the claims under way only at the window and the pace, where each
        claim has one part waiting at most (CHN-06).
        """
        async with asyncio.TaskGroup() as carrying:
            carrying.create_task(self._serve(link, self._bulk, carrying, OPEN_CLAIMS, IDLE_SECONDS))
            carrying.create_task(self._serve(link, self._replies, carrying, OPEN_REPLY_CLAIMS, IDLE_REPLY_SECONDS))

    async def _serve(
        self, link: Line[Token], feed: Feed, carrying: asyncio.TaskGroup, claims: int, idle_seconds: float
    ) -> None:
        slots = asyncio.Semaphore(claims)
        while True:
            await slots.acquire()
            if link.lost:
                return
            claim, messages = await feed.take()
            if not messages:
                slots.release()
                await asyncio.sleep(idle_seconds)
                continue
            opened = [(message, self._open(claim, message)) for message in messages]
            totals = {message.id: parts[0].total for message, (_, parts) in opened if parts}
            await feed.recount(
                {
                    one.id: totals[one.id]
                    for one in messages
                    if one.id in totals and (one.went_elsewhere or totals[one.id] != one.parts)
                }
            )
            look = SecondLook(feed, (message.id for message in messages), monotonic=asyncio.get_running_loop().time)
            carrying.create_task(self._carry(link, claim, opened, look, slots))

    def _open(self, claim: OpenClaim, message: ClaimedMessage) -> tuple[OpenMessage, Sequence[OutgoingPart]]:
        """Cuts a message as the peer takes it, and opens the parts that no earlier try got through."""
        try:
            parts = self._cut(message)
        except PartRefused as error:
            return self._refuse(claim, message, error.reason), ()
        # Parts that went in another cut fit none of these; over another line they are not among the answered ones.
        answered = message.answered if len(parts) == message.parts else frozenset()
        parts = [part for part in parts if part.number not in answered]
        opened = OpenMessage(
            id=message.id,
            msisdn=message.msisdn,
            attempts=message.attempts,
            claim=claim,
            parts=tuple(part.number for part in parts),
            step=message.step,
        )
        self._wire.open(opened)
        return opened, parts

    def _cut(self, message: ClaimedMessage) -> Sequence[OutgoingPart]:
        """Raises PartRefused for what this peer can't carry at all."""
        whole = Outgoing(
            reference=message.id,
            channel=message.channel,
            source=message.sender,
            destination=to_address(message.msisdn),
            text=message.text,
            content=message.content,
        )
        parts = self._peer.cut(whole)
        if len(parts) > PARTS_LIMIT:
            raise PartRefused(reason=TEXT_TOO_LONG, detail=f"{len(parts)} parts, at most {PARTS_LIMIT}")
        return parts

    def _refuse(self, claim: OpenClaim, message: ClaimedMessage, reason: str) -> OpenMessage:
        """Closes a message that can't go; every part of it that is not answered is refused."""
        numbers = [number for number in range(1, message.parts + 1) if number not in message.answered]
        opened = OpenMessage(
            id=message.id,
            msisdn=message.msisdn,
            attempts=message.attempts,
            claim=claim,
            parts=tuple(numbers),
            step=message.step,
        )
        self._wire.open(opened)
        self._refuse_parts(opened, reason)
        return opened

    async def _may_go(self, message: ClaimedMessage, parts: int, patience: float) -> float | None:
        """Waits for the rates that the message meets beside the line's own, and says how long; None when too long."""
        wait = self._quotas.admit(
            account=self._account, campaign=str(message.campaign_id), cell=message.cell, parts=parts, patience=patience
        )
        if wait:
            await asyncio.sleep(wait)
        return wait

    def _hold_back(self, opened: OpenMessage) -> None:
        for number in opened.parts:
            self._wire.answer(opened, PartAnswer(part=number, answer=Answer.PACED))

    def _refuse_parts(self, opened: OpenMessage, reason: str) -> None:
        for number in opened.parts:
            self._wire.answer(opened, PartAnswer(part=number, answer=Answer.REFUSED, reason=reason))

    async def _carry(
        self,
        link: Line[Token],
        claim: OpenClaim,
        messages: Sequence[tuple[ClaimedMessage, tuple[OpenMessage, Sequence[OutgoingPart]]]],
        look: SecondLook,
        slots: asyncio.Semaphore,
    ) -> None:
        """Puts one claim on the wire, a span a batch that it came in, and waits for its answers."""
        patience, held = PATIENCE_SECONDS, False
        try:
            for _, group in groupby(messages, key=lambda pair: (pair[0].campaign_id, pair[0].batch)):
                rows = list(group)
                first = rows[0][0]
                attributes: dict[str, AttributeValue] = {
                    "line": self._peer.name,
                    "campaign.id": str(first.campaign_id),
                    "batch": first.batch,
                    "messages": len(rows),
                }
                with span("line.submit", traceparent=first.traceparent, attributes=attributes):
                    for message, (opened, parts) in rows:
                        reason = await look.refusal(message.id)
                        if reason and reason != QUIET_HOURS:
                            self._refuse_parts(opened, reason)
                            continue
                        waited = None if reason else await self._may_go(message, len(parts), patience)
                        if waited is None:
                            held = True
                            self._hold_back(opened)
                            continue
                        patience -= waited
                        await self._submit(link, opened, parts)
                    if rows[-1] is messages[-1]:
                        await claim.answered.wait()
            if held:
                # Claimed and given back at once, over and over, a backlog would keep the database busy with nothing.
                await asyncio.sleep(IDLE_SECONDS)
        except LinkLost:
            return  # the booker learns the same, with what was on the wire
        finally:
            slots.release()

    async def _submit(self, link: Line[Token], opened: OpenMessage, parts: Sequence[OutgoingPart]) -> None:
        for part in parts:
            await self._pace.wait()
            try:
                await link.submit((opened, part.number), part)
            except PartRefused as error:
                refused = PartAnswer(part=part.number, answer=Answer.REFUSED, reason=error.reason)
                self._wire.answer(opened, refused)
