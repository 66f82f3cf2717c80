"""Ends the life of a number's holder; it must not touch files: the next snapshot leaves the subscriber out."""

from datetime import date

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound
from svc_segment.app.load_subscribers import TellEnded
from svc_segment.store.granting import end_lives
from svc_segment.store.numbers import resolve_numbers


async def end_life(unit: UnitOfWork, tell_ended: TellEnded, *, msisdn: str, ended_on: date, today: date) -> int:
    """The subscriber whose ordinal is closed from now on, for ever; who has the number next is somebody else.

    Raises NotFound SUBSCRIBER_UNKNOWN when nobody has the number, InvalidInput ENDED_LATER for a day to come.
    """
    if ended_on > today:
        raise InvalidInput(reason="ENDED_LATER", field="ended_on", detail=f"{ended_on} is to come; tell it then")
    number = int(msisdn[1:])
    subscriber_id = (await resolve_numbers(unit, [number])).get(number)
    if subscriber_id is None:
        raise NotFound(reason="SUBSCRIBER_UNKNOWN", field="msisdn", detail="nobody has this number")
    ending = {subscriber_id: ended_on}
    await end_lives(unit, ending)
    await tell_ended(unit, ending)
    return subscriber_id
