"""Speaks PAP to a push proxy gateway: wap_push messages out, answers read; must not keep, pace or repeat anything.

A push is known by its push-id, which is made of the message's own id: one that was sent again after a lost answer is
answered 2007 (duplicate), which proves that the first was taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC

import httpx

from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.http_line import Barred, PeerAnswer
from svc_channel.adapters.line import Outgoing, OutgoingPart, PartRefused
from svc_channel.domain.pap.answers import read_answer
from svc_channel.domain.pap.codes import Outcome, outcome_of
from svc_channel.domain.pap.pushes import PushMessage, document_of, push_type_of, write_push
from svc_channel.domain.submission import NO_PEER_ID, Answer
from svc_channel.domain.wap.carriage import read_content
from svc_channel.domain.wap.indications import ServiceIndication
from svc_channel.domain.xml_documents import MalformedDocument

CHANNEL = "wap_push"
_ANSWERS = {Outcome.TAKEN: Answer.ACCEPTED, Outcome.AGAIN: Answer.TRANSIENT, Outcome.REFUSED: Answer.REFUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PapSettings:
    """How one proxy knows us.

    ``proxy`` stands behind the number in addresses, ``domain`` behind our push-ids. ``notify_to`` is the gateway's own
    address for result notifications; "" asks for none.
    """

    url: str
    user: str
    password: str = field(repr=False)
    proxy: str = "ppg.carillon.invalid"
    domain: str = "carillon"
    notify_to: str = ""


class PapExchange:
    """One proxy's way of taking pushes (CHN-07)."""

    def __init__(self, settings: PapSettings) -> None:
        self._settings = settings
        self._auth = httpx.BasicAuth(settings.user, settings.password)

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """One part: the whole body of the submission."""
        if message.channel != CHANNEL or message.content is None:
            raise PartRefused(reason="CHANNEL_UNSUPPORTED", detail=f"a push proxy takes no {message.channel}")
        try:
            indication = read_content(message.content)
        except InvalidInput as error:
            raise PartRefused(reason=error.reason, detail=error.detail) from error
        expires = indication.expires if isinstance(indication, ServiceIndication) else None
        push = PushMessage(
            push_id=f"{message.reference}@{self._settings.domain}",
            source_reference=message.source,
            msisdn=f"+{message.destination}",
            proxy=self._settings.proxy,
            document=document_of(indication),
            notify_to=self._settings.notify_to,
            deliver_before=None if expires is None else expires.astimezone(UTC),
        )
        body = write_push(push)
        wants_receipt = bool(push.notify_to)
        return [OutgoingPart(1, 1, message.source, message.destination, body, 0, wants_receipt=wants_receipt)]

    async def request(self, part: OutgoingPart) -> httpx.Request:
        """The POST of a part."""
        headers = {"content-type": push_type_of(part.body)}
        request = httpx.Request("POST", self._settings.url, content=part.body, headers=headers)
        return next(self._auth.sync_auth_flow(request))

    def read(self, part: OutgoingPart, status: int, body: bytes) -> PeerAnswer:  # noqa: ARG002 -- the exchange's shape
        """Status first, then the code of the document. Raises Barred on 401 and 403."""
        if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise Barred(f"the push proxy answers {status}")
        if status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
            return PeerAnswer(Answer.THROTTLED, reason=f"HTTP_{status}")
        try:
            said = read_answer(body)
        except MalformedDocument:
            passing = status >= httpx.codes.INTERNAL_SERVER_ERROR
            return PeerAnswer(Answer.TRANSIENT if passing else Answer.REFUSED, reason=f"HTTP_{status}")
        answer = _ANSWERS[outcome_of(said.code)]
        if answer is Answer.ACCEPTED and not said.push_id:
            # Taken, but no result can ever name it: the message would stay open for good.
            return PeerAnswer(Answer.REFUSED, reason=NO_PEER_ID)
        return PeerAnswer(answer, said.push_id, "" if answer is Answer.ACCEPTED else f"PAP_{said.code}")
