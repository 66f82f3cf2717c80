"""Gives a use case the subscribers as they stand with the attributes they surely have; it must not cache them."""

from carillon_chassis.database import UnitOfWork
from carillon_chassis.errors import StateRefused
from svc_segment.domain.attributes import Dictionary
from svc_segment.domain.segment import Base
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.bases import read_base


async def require_base(unit: UnitOfWork) -> tuple[Dictionary, Base]:
    """The dictionary and the current version; raises StateRefused NO_SNAPSHOT before the first one.

    The dictionary is read first: a swap in between gives a version with more columns, never with fewer.
    """
    dictionary = await read_dictionary(unit)
    base = await read_base(unit)
    if base is None:
        raise StateRefused(reason="NO_SNAPSHOT", detail="no subscribers are loaded yet; load a snapshot first")
    return dictionary, base
