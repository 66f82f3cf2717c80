"""Takes a push proxy's result notifications; must not believe one that names no push of ours.

A notification has no credentials. Its push-id is its proof: we signed it, and told it to nobody but the proxy.
"""

from collections.abc import Mapping

from carillon_chassis.clock import Clock
from carillon_chassis.errors import PermissionRefused
from svc_channel.adapters.callbacks import Book
from svc_channel.adapters.line_file import LineSpec
from svc_channel.adapters.pap_exchange import pap_settings
from svc_channel.domain.callback import CallbackAnswer, CallbackRequest
from svc_channel.domain.flush import Flush
from svc_channel.domain.message import PartState
from svc_channel.domain.pap import codes
from svc_channel.domain.pap.answers import (
    PART_STATES,
    PushAnswer,
    read_notification,
    write_answer,
    write_notification_answer,
)
from svc_channel.domain.pap.push_ids import is_ours
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.xml_documents import MalformedDocument

_XML = "application/xml"


class PapCallback:
    """The results of one proxy."""

    def __init__(self, *, key: bytes, book: Book, clock: Clock) -> None:
        self._key = key
        self._book = book
        self._clock = clock

    async def take(self, request: CallbackRequest) -> CallbackAnswer:
        """202 and 1000 once it is kept; 202 and 2000 for a document that is none.

        Raises PermissionRefused (PUSH_NOT_OURS) and Unavailable.
        """
        try:
            result = read_notification(request.body)
        except MalformedDocument as error:
            bad = PushAnswer(push_id="", code=codes.BAD_REQUEST, description=error.reason)
            body = write_answer(bad, at=self._clock.now())
            # Who it is from only a push-id says, and there is none.
            return CallbackAnswer(status=202, content_type=_XML, body=body, proven=False)
        if not is_ours(result.push_id, key=self._key):
            raise PermissionRefused(reason="PUSH_NOT_OURS", detail="a result names the push-id that we gave the push")
        # A state that ends nothing (pending) still proves that the push was taken.
        state = PART_STATES.get(result.state, PartState.SENT)
        await self._book(Flush(receipts=[PartReceipt(smsc_id=result.push_id, msisdn=result.msisdn, state=state)]))
        answer = write_notification_answer(result.push_id, code=codes.OK)
        return CallbackAnswer(status=202, content_type=_XML, body=answer)


def pap_callback(spec: LineSpec, environment: Mapping[str, str], book: Book, clock: Clock) -> PapCallback:
    """The results of a line's proxy. Raises InvalidInput (LINE_OPTIONS, SECRET_MISSING)."""
    return PapCallback(key=pap_settings(spec, environment).key, book=book, clock=clock)
