"""Says which branches subscribers belong to, many in one question; it must not say anything else of them."""

from collections.abc import Mapping, Sequence

from carillon_chassis.database import Database
from svc_segment.domain.attributes import AttributeType
from svc_segment.domain.export import BRANCH_ATTRIBUTE
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.bases import read_base
from svc_segment.store.engine import Engine
from svc_segment.store.some_texts import texts_of_some


async def look_up_branches(database: Database, engine: Engine, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
    """Branches by subscriber id as of the current snapshot (CHN-30); of whom none is known is absent.

    So is everybody where no snapshot says whose a subscriber is.
    """
    async with database.read() as unit:
        dictionary, base = await read_dictionary(unit), await read_base(unit)
    attribute = dictionary.get(BRANCH_ATTRIBUTE)
    if base is None or attribute is None or attribute.type is not AttributeType.TEXT:
        return {}
    return await engine.ask(base, texts_of_some(BRANCH_ATTRIBUTE, subscriber_ids))
