"""Takes the members of a segment out through the gateway into a file that appears whole; it must not look into it."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.progress import Progress

from carillon_deploy.errors import CommandError
from carillon_deploy.file_export import FileWish, download_whole, with_progress
from carillon_deploy.gateway_client import GatewayClient
from carillon_deploy.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWish:
    """What to take: a segment by id or exact name, as which role, with which attributes."""

    segment: str
    format: str
    attributes: str
    msisdn: bool
    role: str


async def export_segment(client: GatewayClient, wish: ExportWish, out: Path, progress: Progress) -> int:
    """Writes the file and gives its bytes; a file that was not finished does not appear. Raises CommandError."""
    segment_id = await _find(client, wish.segment)
    query = {"format": wish.format, "msisdn": str(wish.msisdn).lower(), "attributes": wish.attributes}
    download = FileWish(path=f"/api/v1/segments/{segment_id}/members", query=query, role=wish.role)
    return await download_whole(client, download, out, progress)


async def _find(client: GatewayClient, segment: str) -> str:
    """The id of a segment; a name has to be the whole name."""
    try:
        return str(UUID(segment))
    except ValueError:
        pass
    token = ""
    while True:
        page = await client.get("/api/v1/segments", name=segment, page_token=token)
        for found in page["segments"]:
            if found["name"] == segment:
                return str(found["id"])
        token = page["next_page_token"]
        if not token:
            msg = f"there is no segment called '{segment}'"
            raise CommandError(msg)


def export_with_progress(home: Home, wish: ExportWish, out: Path, console: Console) -> int:
    """Exports as the first issued client of the role."""
    return with_progress(home, wish.role, console, lambda client, bar: export_segment(client, wish, out, bar))
