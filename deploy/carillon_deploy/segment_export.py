"""Takes the members of a segment out through the gateway into a file that appears whole; it must not look into it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import GatewayClient, open_http
from carillon_deploy.home import Home
from carillon_deploy.snapshot import choose_credential


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
    query = {"format": wish.format, "msisdn": str(wish.msisdn).lower()}
    if wish.attributes:
        query["attributes"] = wish.attributes
    task = progress.add_task(out.name, total=None)
    unfinished = out.with_name(f".{out.name}.part")
    try:
        with unfinished.open("wb") as file:
            written = await client.download(
                f"/api/v1/segments/{segment_id}/members",
                query=query,
                file=file,
                advance=lambda done: progress.update(task, completed=done),
            )
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


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
    credential = choose_credential(home, wish.role)
    columns = (TextColumn("{task.description}"), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:

        async def run() -> int:
            async with open_http(home.url) as http:
                return await export_segment(GatewayClient(http, credential), wish, out, progress)

        return asyncio.run(run())
