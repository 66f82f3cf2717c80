"""Takes an MMSC's requests: subscribers' messages, delivery and read reports; must not keep pictures.

They come with HTTP Basic, with the credentials that the line itself uses.
"""

import base64
import hmac
from collections.abc import Mapping
from uuid import NAMESPACE_OID, UUID, uuid5

from carillon_chassis.clock import Clock
from carillon_chassis.errors import PermissionRefused
from svc_channel.adapters.callbacks import Book
from svc_channel.adapters.line_file import LineSpec
from svc_channel.adapters.mm7_exchange import Mm7Settings, mm7_settings
from svc_channel.domain.callback import CallbackAnswer, CallbackRequest
from svc_channel.domain.flush import Flush
from svc_channel.domain.inbound import Inbound
from svc_channel.domain.message import PartState
from svc_channel.domain.mm7 import codes
from svc_channel.domain.mm7.envelope import TEXT_XML, Envelope, Release, read_envelope
from svc_channel.domain.mm7.reports import (
    ANSWER_KINDS,
    DELIVER,
    PART_STATES,
    SubscriberMessage,
    read_report,
    read_subscriber_message,
)
from svc_channel.domain.mm7.submissions import SubmitAnswer, write_answer
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.xml_documents import MalformedDocument


class Mm7Callback:
    """The requests of one MMSC (CHN-14)."""

    def __init__(self, settings: Mm7Settings, *, book: Book, clock: Clock) -> None:
        credentials = base64.b64encode(f"{settings.user}:{settings.password}".encode()).decode()
        self._authorization = f"Basic {credentials}".encode()
        self._release = settings.release
        self._book = book
        self._clock = clock

    async def take(self, request: CallbackRequest) -> CallbackAnswer:
        """200 and 1000 once it is kept, 200 and an error's code for what is none of MM7.

        Raises PermissionRefused (CALLBACK_CREDENTIALS) and Unavailable.
        """
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self._authorization):
            raise PermissionRefused(reason="CALLBACK_CREDENTIALS", detail="send the line's credentials by HTTP Basic")
        try:
            envelope = read_envelope(request.content_type, request.body)
        except MalformedDocument as error:
            return self._answer("0", codes.FORMAT_CORRUPT, error.reason, kind="VASPErrorRsp")
        # Asked in another release, it is answered in that one.
        release = Release(namespace=envelope.namespace, version=envelope.version or self._release.version)
        kind = ANSWER_KINDS.get(envelope.kind)
        if kind is None:
            return self._answer(envelope.transaction, codes.UNSUPPORTED_OPERATION, envelope.kind, release=release)
        try:
            flush = self._read(envelope)
        except MalformedDocument as error:
            return self._answer(envelope.transaction, codes.VALIDATION_ERROR, error.reason, kind=kind, release=release)
        if flush:
            await self._book(flush)
        return self._answer(envelope.transaction, codes.SUCCESS, "Success", kind=kind, release=release)

    def _read(self, envelope: Envelope) -> Flush:
        """What is to be kept of a message; what was read, or deleted unread, was delivered."""
        if envelope.kind == DELIVER:
            message = read_subscriber_message(envelope)
            inbound = Inbound(
                id=_id_of(message),
                sender=message.sender,
                recipient=message.recipient,
                text=message.text,
                received_at=self._clock.now(),
            )
            return Flush(inbound=[inbound])
        report = read_report(envelope)
        state = PART_STATES.get(report.status, PartState.DELIVERED)
        return Flush(receipts=[PartReceipt(smsc_id=report.message_id, msisdn=report.msisdn, state=state)])

    def _answer(
        self, transaction: str, code: int, text: str, *, kind: str = "VASPErrorRsp", release: Release | None = None
    ) -> CallbackAnswer:
        answer = SubmitAnswer(transaction=transaction, code=code, text=text)
        body = write_answer(answer, release or self._release, kind=kind)
        return CallbackAnswer(status=200, content_type=TEXT_XML, body=body)


def mm7_callback(spec: LineSpec, environment: Mapping[str, str], book: Book, clock: Clock) -> Mm7Callback:
    """The requests of a line's MMSC. Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING)."""
    return Mm7Callback(mm7_settings(spec, environment), book=book, clock=clock)


def _id_of(message: SubscriberMessage) -> UUID:
    """The same for a message that is told again, because its first answer got lost."""
    said = (message.transaction, message.sender, message.recipient, message.text, message.at.isoformat())
    return uuid5(NAMESPACE_OID, repr(said))
