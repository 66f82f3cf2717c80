"""What an app store tells of people and of our jobs, checked; must not know how it was signed or what follows.

``{"version": 1, "type": ..., "msisdn", "at", "attributes": {...}}`` for what somebody did, and
``{"version": 1, "type": "job_ended", "msisdn", "at", "job", "state": "shown" | "failed" | "expired"}`` for a job.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.market.jobs import VERSION, read_object
from svc_channel.domain.message import PartState
from svc_channel.domain.number import is_e164

BODY_LIMIT: Final = 16 * 1024
ATTRIBUTES_LIMIT: Final = 20
TEXT_LIMIT: Final = 200
JOB_ENDED: Final = "job_ended"
# What people do; each becomes an event of the subscriber, its type led by market_ (CHN-13).
DEEDS: Final = frozenset(
    {"client_download", "login", "app_download", "content_order", "recommendation_shown", "recommendation_opened"}
)
JOB_STATES: Final = {
    "shown": PartState.DELIVERED,
    "failed": PartState.UNDELIVERABLE,
    "expired": PartState.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketEvent:
    """What one number (E.164) did, or (``job`` and ``state``) what became of a job for it."""

    type: str
    msisdn: str
    at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)
    job: str = ""
    state: PartState | None = None


def read_event(body: bytes) -> MarketEvent:
    """An event. Raises InvalidInput: MARKET_EVENT, MARKET_TYPE, MARKET_NUMBER, MARKET_MOMENT, MARKET_ATTRIBUTES, MARKET_JOB."""
    said = read_object(body, limit=BODY_LIMIT, reason="MARKET_EVENT")
    kind = said.get("type")
    allowed = {"job", "state"} if kind == JOB_ENDED else {"attributes"}
    if said.get("version") != VERSION or not said.keys() <= {"version", "type", "msisdn", "at"} | allowed:
        raise _refused("MARKET_EVENT", "body", f"version {VERSION}, and no other fields than those of its type")
    msisdn = said.get("msisdn")
    if not isinstance(msisdn, str) or not is_e164(msisdn):
        raise _refused("MARKET_NUMBER", "msisdn", "a number in E.164")
    at = _moment(said.get("at"))
    if kind == JOB_ENDED:
        job, state = said.get("job"), said.get("state")
        if not isinstance(job, str) or not 0 < len(job) <= TEXT_LIMIT or state not in list(JOB_STATES):
            raise _refused("MARKET_JOB", "job", f"a job's id, and its state: {', '.join(JOB_STATES)}")
        return MarketEvent(type=JOB_ENDED, msisdn=msisdn, at=at, job=job, state=JOB_STATES[str(state)])
    if not isinstance(kind, str) or kind not in DEEDS:
        raise _refused("MARKET_TYPE", "type", f"{JOB_ENDED} or one of {', '.join(sorted(DEEDS))}")
    return MarketEvent(type=kind, msisdn=msisdn, at=at, attributes=_attributes(said.get("attributes", {})))


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.utcoffset() is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass  # said below, as for a moment of nowhere
    raise _refused("MARKET_MOMENT", "at", "a moment of RFC 3339 with its zone")


def _attributes(said: Any) -> dict[str, str]:
    sound = isinstance(said, dict) and len(said) <= ATTRIBUTES_LIMIT
    if not sound or not all(
        isinstance(value, str) and 0 < len(name) <= TEXT_LIMIT and len(value) <= TEXT_LIMIT and "\0" not in name + value
        for name, value in said.items()
    ):
        raise _refused("MARKET_ATTRIBUTES", "attributes", f"at most {ATTRIBUTES_LIMIT} texts by name")
    return dict(said)


def _refused(reason: str, field_name: str, detail: str) -> InvalidInput:
    return InvalidInput(reason=reason, field=field_name, detail=detail)
