"""Hands calls that play a tone to the out-call system (CHN-08), each until it is taken or given up."""

from datetime import timedelta

from carillon_chassis.clock import Clock
from carillon_chassis.database import Database
from carillon_chassis.errors import Unavailable
from svc_channel.app.out_calls import CallRefused, OutCalls
from svc_channel.domain.hotline import RETRY_PAUSES, OutCallState
from svc_channel.store.hotline import OutCall, end_call, put_off_call, take_calls

CALLS_A_STEP = 20
# A process that dies with calls in hand leaves them to others after this; a hand-over takes far less.
LEASE = timedelta(seconds=60)
GIVEN_UP = "OUT_CALL_AWAY"


async def place_calls(database: Database, calls: OutCalls, *, clock: Clock) -> int:
    """Hands over what is due and answers how many there were."""
    now = clock.now()
    async with database.unit_of_work() as unit:
        due = await take_calls(unit, now=now, lease_until=now + LEASE, limit=CALLS_A_STEP)
    for call in due:
        await _place(database, calls, call, clock=clock)
    return len(due)


async def _place(database: Database, calls: OutCalls, call: OutCall, *, clock: Clock) -> None:
    state, reason = OutCallState.PLACED, ""
    try:
        await calls.place(call.id, msisdn=call.msisdn, tone=call.tone)
    except CallRefused as error:
        state, reason = OutCallState.REFUSED, error.reason
    except Unavailable:
        if call.attempts <= len(RETRY_PAUSES):
            async with database.unit_of_work() as unit:
                await put_off_call(unit, call.id, until=clock.now() + RETRY_PAUSES[call.attempts - 1])
            return
        state, reason = OutCallState.REFUSED, GIVEN_UP
    async with database.unit_of_work() as unit:
        await end_call(unit, call.id, state, reason=reason)
