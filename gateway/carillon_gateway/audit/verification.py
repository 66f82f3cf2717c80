"""Checks the stored audit log against its hash chain; it must change nothing."""

from carillon_chassis.database import Database
from carillon_gateway.audit.chain import Break, Head, compare_end, follow
from carillon_gateway.audit.store import read_head, read_page


async def verify_audit(database: Database) -> Head | Break:
    """The head of a sound chain, or the first break. Reads page by page in one snapshot of the log."""
    async with database.read() as unit:
        head = await read_head(unit)
        end: Head | Break = Head()
        while isinstance(end, Head) and end.sequence < head.sequence:
            page = await read_page(unit, after=end.sequence)
            if not page:
                break
            end = follow((linked for linked in page if linked.sequence <= head.sequence), end)
        if isinstance(end, Break):
            return end
        return compare_end(end, head) or head
