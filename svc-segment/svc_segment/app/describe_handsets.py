"""Says what many subscribers' handsets can show, in one question; it must not judge what is sent to them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa
from pyroaring import BitMap

from carillon_chassis.database import Database
from svc_segment.domain.attributes import SUBSCRIBER_COLUMN, Attribute
from svc_segment.domain.handset_capabilities import HandsetCapabilities, known_attributes
from svc_segment.store.attributes import read_dictionary
from svc_segment.store.bases import read_base
from svc_segment.store.engine import Engine


async def describe_handsets(
    database: Database, engine: Engine, wanted: Mapping[str, Attribute], subscriber_ids: Sequence[int]
) -> dict[HandsetCapabilities, list[int]]:
    """Who has which handset as of the current snapshot (SEG-09), by rising id; of whom nothing is known is left out.

    ``wanted`` says by which attributes a handset is known.
    """
    async with database.read() as unit:
        # In this order the base has every column of the dictionary, as app/current_base has it.
        names = known_attributes(wanted, await read_dictionary(unit))
        base = await read_base(unit)
    found: dict[HandsetCapabilities, list[int]] = defaultdict(list)
    if base is None or not names:
        return found
    columns = list(dict.fromkeys(names.values()))
    async for message in engine.stream_members(base, BitMap(subscriber_ids), columns):
        with pa.ipc.open_stream(message) as reader:
            # Some thousands of people have some dozens of handsets, so Arrow puts them together first.
            alike = reader.read_all().group_by(columns, use_threads=False).aggregate([(SUBSCRIBER_COLUMN, "list")])
        for row in alike.to_pylist():
            handset = HandsetCapabilities.of({field: row[name] for field, name in names.items()})
            if handset != HandsetCapabilities():
                found[handset] += row[f"{SUBSCRIBER_COLUMN}_list"]
    return {handset: sorted(ids) for handset, ids in found.items()}
