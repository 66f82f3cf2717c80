"""Books the call that somebody asked for by tapping an audition link, once a window; dials nobody (CHN-07, CHN-08)."""

from datetime import datetime
from uuid import UUID

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import LimitExceeded
from svc_channel.domain.audition_link import CALLS_A_WINDOW, WINDOW, AuditionLink
from svc_channel.store.audition_taps import find_taps, forget_taps, keep_tap
from svc_channel.store.hotline import request_call


async def tap_audition(unit: UnitOfWork, link: AuditionLink, *, msisdn: str, call_id: UUID, now: datetime) -> None:
    """A call is booked, or was a moment ago. Raises LimitExceeded TAPPED_TOO_OFTEN when the phone rang often enough."""
    tapped = await find_taps(unit, link.subscriber_id, now=now, window=WINDOW)
    if link.tone in tapped:
        return
    if len(tapped) >= CALLS_A_WINDOW:
        wait = int(WINDOW.total_seconds())
        raise LimitExceeded(
            reason="TAPPED_TOO_OFTEN",
            detail=f"this phone was called {CALLS_A_WINDOW} times; try again in {wait // 60} minutes",
            metadata={"retry_after_seconds": str(wait)},
        )
    await forget_taps(unit, now=now, window=WINDOW)
    await keep_tap(unit, link.subscriber_id, link.tone, now=now)
    await request_call(unit, call_id=call_id, msisdn=msisdn, tone=link.tone, now=now)
