"""Lists the attribute dictionary; it must not change it."""

from collections.abc import Sequence

from carillon_chassis.database import UnitOfWork
from svc_segment.domain.attributes import Attribute
from svc_segment.store.attributes import read_dictionary


async def list_attributes(unit: UnitOfWork) -> Sequence[Attribute]:
    """Every attribute that rules and templates can use, in the order they came (SEG-02, SEG-59)."""
    return list((await read_dictionary(unit)).values())
