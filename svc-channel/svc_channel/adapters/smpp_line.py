"""Translates between a line and SMPP: parts to submit_sm, statuses to answers; must not store, pace or reconnect."""

from collections.abc import Iterable
from typing import Generic

from svc_channel.adapters.line import LineAnswer, LineDelivery, LineReceived, OutgoingPart, PartRefused, Token
from svc_channel.adapters.smpp_deliveries import read_delivery
from svc_channel.adapters.smpp_link import SmppLink
from svc_channel.adapters.smpp_pair import SmppPair
from svc_channel.adapters.smpp_values import Delivery, SubmitAnswer
from svc_channel.domain.smpp import statuses
from svc_channel.domain.smpp.answers import read_status
from svc_channel.domain.smpp.errors import MalformedPdu
from svc_channel.domain.smpp.message_ids import normalise_id
from svc_channel.domain.smpp.pdus import ESM_UDHI, REGISTERED_RECEIPT, SubmitSm
from svc_channel.domain.submission import Answer


class SmppLine(Generic[Token]):
    """A bound SMPP link, or a pair of them, as a line."""

    def __init__(self, link: SmppLink[Token] | SmppPair[Token]) -> None:
        self._link = link
        self._waiting: dict[int, Delivery] = {}

    @property
    def in_flight(self) -> int:
        """Submits on the wire without an answer."""
        return self._link.in_flight

    @property
    def lost(self) -> bool:
        """True once the link is over."""
        return self._link.lost

    async def submit(self, token: Token, part: OutgoingPart) -> None:
        """Puts one part on the wire. Raises LinkLost, or PartRefused for what no PDU can hold."""
        try:
            submit = SubmitSm(
                source=part.source,
                destination=part.destination,
                short_message=part.body,
                data_coding=part.data_coding,
                esm_class=ESM_UDHI if part.has_header else 0,
                registered_delivery=REGISTERED_RECEIPT if part.wants_receipt else 0,
                service_type=part.service_type,
                tlvs=part.tlvs,
            )
            await self._link.submit(token, submit)
        except MalformedPdu as error:
            raise PartRefused(reason=error.reason, detail=error.detail) from error

    async def receive(self) -> LineReceived[Token]:
        """Everything that came since the last receive. Raises LinkLost after the link's end."""
        received = await self._link.receive()
        self._waiting.update((delivery.sequence, delivery) for delivery in received.deliveries)
        return LineReceived(
            [_answer(answer) for answer in received.answers],
            [read_delivery(delivery) for delivery in received.deliveries],
        )

    def respond(self, deliveries: Iterable[LineDelivery], *, kept: bool = True) -> None:
        """Acknowledges deliveries, or (not ``kept``) says that our queue is full."""
        found = [self._waiting.pop(one.handle) for one in deliveries if one.handle in self._waiting]
        self._link.respond(found, status=statuses.OK if kept else statuses.MESSAGE_QUEUE_FULL)

    async def unbind(self, *, drain_seconds: float) -> tuple[Token, ...]:
        """Unbinds and closes; gives the tokens still in doubt."""
        return await self._link.unbind(drain_seconds=drain_seconds)


def _answer(answer: SubmitAnswer[Token]) -> LineAnswer[Token]:
    if answer.status is None:
        return LineAnswer(answer.token, Answer.LOST)
    if answer.accepted and answer.message_id:
        return LineAnswer(answer.token, Answer.ACCEPTED, normalise_id(answer.message_id))
    kind, reason = read_status(answer.status)
    return LineAnswer(answer.token, kind, reason=reason)
