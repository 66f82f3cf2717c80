"""Turns numbers into subscriber ids and back; it must not create subscribers."""

from collections.abc import Mapping, Sequence

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.numbers import format_number
from svc_segment.store.numbers import look_up_numbers as read_numbers
from svc_segment.store.numbers import resolve_numbers as read_subscribers


async def resolve_numbers(unit: UnitOfWork, msisdns: Sequence[str]) -> Mapping[str, int]:
    """Subscriber ids by E.164 number; a number nobody has is absent."""
    found = await read_subscribers(unit, [int(msisdn[1:]) for msisdn in msisdns])
    return {msisdn: found[digits] for msisdn in msisdns if (digits := int(msisdn[1:])) in found}


async def look_up_numbers(unit: UnitOfWork, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
    """E.164 numbers by subscriber id, only for who dials; an ordinal never granted is absent."""
    found = await read_numbers(unit, subscriber_ids)
    return {subscriber_id: format_number(digits) for subscriber_id, digits in found.items()}
