"""The demo's first four stages: the suite up, the catalogue, the data, the segments; each returns one line of result."""

import asyncio
from typing import Any

from rich.console import Console

from carillon_deploy.demo.dataset import ARMS, AS_OF, DICTIONARY, PARQUET
from carillon_deploy.demo.loop import Loop
from carillon_deploy.errors import CommandError
from carillon_deploy.internal import load_reference
from carillon_deploy.runner.layout import MODULES, Layout
from carillon_deploy.runner.suite import bring_up
from carillon_deploy.snapshot import load_snapshot

# Those of Python, and PostgreSQL.
PROCESSES = len(MODULES) + 1
# Rules beside the arms' own, previewed to show counts that anybody can check against the file.
PREVIEWS = (
    "recency <= 6 AND zip_code = 'Urban'",
    "mens AND NOT womens AND history >= 500",
    "channel IN ('Web', 'Multichannel') OR newbie",
)


async def start_suite(layout: Layout, console: Console) -> str:
    """Stage 1: every process up and healthy."""
    await asyncio.to_thread(bring_up, layout, lambda line: console.print(f"      {line}"))
    return f"{PROCESSES} processes healthy, HTTP at {layout.home.url}"


async def load_catalogue(loop: Loop) -> str:
    """Stage 2: services, brands and channels of the reference tables."""
    loaded = await asyncio.to_thread(load_reference, loop.layout.address("catalog"))
    listed = await loop.portal.get("/api/v1/services", page_size="1")
    if not listed["services"]:
        msg = "the gateway lists no services"
        raise CommandError(msg)
    return f"{loaded.services} services, {loaded.brands} brands, {loaded.channels} channels"


async def load_customers(loop: Loop) -> str:
    """Stage 3: 64,000 subscribers with every column an attribute."""
    loaded = await load_snapshot(
        loop.operator,
        PARQUET,
        fields={"as_of": AS_OF, "kind": "subscribers"},
        dictionary=DICTIONARY,
        progress=lambda _done, _rows: None,
    )
    if loaded.problem or loaded.accepted != len(loop.customers):
        msg = f"{loaded.accepted:,} of {len(loop.customers):,} rows loaded; {loaded.problem or 'see its rejects'}"
        raise CommandError(msg)
    attributes = (await loop.operator.get("/api/v1/attributes"))["attributes"]
    return f"{loaded.accepted:,} subscribers, {loaded.rejected} rejected, {len(attributes)} attributes"


async def define_segments(loop: Loop) -> str:
    """Stage 4: a segment an arm, and previews whose counts equal the data's."""
    for arm, words in ARMS.items():
        rule = f"treatment = '{words}'"
        await _preview(loop, rule, sum(customer.arm == arm for customer in loop.customers))
        segment = await loop.operator.post("/api/v1/segments", {"name": f"hillstrom {arm}", "rule": rule})
        loop.segments[arm] = segment["id"]
    previewed = [await _preview(loop, rule, None) for rule in PREVIEWS]
    shown = ", ".join(f"{preview['count']:,} in {preview['took_ms']} ms" for preview in previewed)
    return f"{len(loop.segments)} segments; previews {shown}"


async def _preview(loop: Loop, rule: str, wanted: int | None) -> dict[str, Any]:
    """Counts a rule, and refuses a count that is not the data's own."""
    preview: dict[str, Any] = await loop.operator.post("/api/v1/segments/preview", {"rule": rule})
    count = preview["count"]
    if wanted is None:
        wanted = count_in_file(rule)
    if count != wanted:
        msg = f"the preview of {rule!r} says {count:,}, the data say {wanted:,}"
        raise CommandError(msg)
    return preview


def count_in_file(rule: str) -> int:
    """Counts one of PREVIEWS in the file itself, by pyarrow and not by the suite's own engine."""
    import pyarrow.compute as pc  # noqa: PLC0415 - only here
    import pyarrow.parquet  # noqa: PLC0415 - the same

    table = pyarrow.parquet.read_table(PARQUET)
    masks = {
        PREVIEWS[0]: pc.and_(pc.less_equal(table["recency"], 6), pc.equal(table["zip_code"], "Urban")),
        PREVIEWS[1]: pc.and_(
            pc.and_(table["mens"], pc.invert(table["womens"])), pc.greater_equal(table["history"], 500)
        ),
        PREVIEWS[2]: pc.or_(
            pc.or_(pc.equal(table["channel"], "Web"), pc.equal(table["channel"], "Multichannel")), table["newbie"]
        ),
    }
    return int(pc.sum(masks[rule]).as_py())
