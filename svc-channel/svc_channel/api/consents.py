"""ConsentService: reads requests, calls use cases, renders answers; decides nothing."""

from collections.abc import Sequence
from typing import Any

from carillon.channel.v1 import consent_pb2, consent_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput
from carillon_chassis.identity import current_identity
from carillon_chassis.paging import DEFAULT_PAGE_SIZE, decode_token, encode_token
from svc_channel.api.timestamps import render_time
from svc_channel.app.record_consent import record_consent
from svc_channel.domain.consent import ConsentSource, ConsentState, read_scope
from svc_channel.store.consents import LATEST, ConsentEntry, fetch_current, fetch_history

STATES = {
    consent_pb2.CONSENT_STATE_GRANTED: ConsentState.GRANTED,
    consent_pb2.CONSENT_STATE_WITHDRAWN: ConsentState.WITHDRAWN,
}
STATE_VALUES = {state: value for value, state in STATES.items()}
SOURCE_VALUES = {
    ConsentSource.INBOUND: consent_pb2.CONSENT_SOURCE_INBOUND,
    ConsentSource.OPERATOR: consent_pb2.CONSENT_SOURCE_OPERATOR,
}


class ConsentServicer(consent_pb2_grpc.ConsentServiceServicer):
    """The ledger of consents and what it comes to."""

    def __init__(self, database: Database, commands: Commands, clock: Clock) -> None:
        self._database = database
        self._commands = commands
        self._clock = clock

    async def RecordConsent(  # noqa: N802 -- the name is the protocol's
        self,
        request: consent_pb2.RecordConsentRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> consent_pb2.RecordConsentResponse:
        """One line. Errors: ROLE_MISSING, SCOPE_INVALID."""
        scope = read_scope(request.scope)

        async def operation(unit: UnitOfWork) -> consent_pb2.RecordConsentResponse:
            entry = await record_consent(
                unit,
                identity=current_identity(),
                subscriber_id=request.subscriber_id,
                scope=scope,
                state=STATES[request.state],
                evidence=request.evidence,
                text=request.text,
                now=self._clock.now(),
            )
            return consent_pb2.RecordConsentResponse(consent=render_consent(entry))

        return await self._commands.run(request, consent_pb2.RecordConsentResponse, operation)

    async def ListConsents(  # noqa: N802 -- the name is the protocol's
        self,
        request: consent_pb2.ListConsentsRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> consent_pb2.ListConsentsResponse:
        """What counts, and a page of the ledger. Errors: PAGE_TOKEN_INVALID."""
        limit = request.page_size or DEFAULT_PAGE_SIZE
        before = _parse_key(decode_token(request.page_token))
        async with self._database.read() as unit:
            current = await fetch_current(unit, request.subscriber_id) if not request.page_token else []
            entries = await fetch_history(unit, request.subscriber_id, before=before, limit=limit)
        return consent_pb2.ListConsentsResponse(
            current=[render_consent(entry) for entry in current],
            entries=[render_consent(entry) for entry in entries],
            next_page_token=encode_token(entries[-1].number) if len(entries) == limit else "",
        )


def render_consent(entry: ConsentEntry) -> consent_pb2.Consent:
    """A line under its number."""
    change = entry.change
    return consent_pb2.Consent(
        number=entry.number,
        subscriber_id=change.subscriber_id,
        scope=change.scope.key,
        state=STATE_VALUES[change.state],
        at=render_time(change.at),
        source=SOURCE_VALUES[change.source],
        evidence=change.evidence,
        actor=change.actor,
        text=change.text,
    )


def _parse_key(keys: Sequence[str | int]) -> int:
    """The number before which a page begins; LATEST for the first page. Raises InvalidInput PAGE_TOKEN_INVALID."""
    match keys:
        case []:
            return LATEST
        case [int(number)] if 0 <= number <= LATEST:
            return number
    raise InvalidInput(reason="PAGE_TOKEN_INVALID", field="page_token", detail="take it as the page before gave it")
