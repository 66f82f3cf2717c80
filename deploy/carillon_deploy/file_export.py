"""Takes a file out through the gateway; it appears whole or not at all, and nobody looks into it here."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import GatewayClient, open_http
from carillon_deploy.home import Home
from carillon_deploy.snapshot import choose_credential
from carillon_deploy.whole_file import whole_file


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWish:
    """What to take: a path of the gateway with its query, as which role; empty values are not sent."""

    path: str
    role: str
    query: Mapping[str, str] = field(default_factory=dict)


def id_in_path(what: str, written: str) -> str:
    """An id that a path may have; raises CommandError for anything else."""
    try:
        return str(UUID(written))
    except ValueError as error:
        msg = f"'{written}' is no id of {what}"
        raise CommandError(msg) from error


async def download_whole(client: GatewayClient, wish: FileWish, out: Path, progress: Progress) -> int:
    """Writes the file and gives its bytes; a file that was not finished does not appear. Raises CommandError."""
    task = progress.add_task(out.name, total=None)
    with whole_file(out) as file:
        return await client.download(
            wish.path,
            query={name: value for name, value in wish.query.items() if value},
            file=file,
            advance=lambda done: progress.update(task, completed=done),
        )


def with_progress(
    home: Home, role: str, console: Console, take: Callable[[GatewayClient, Progress], Awaitable[int]]
) -> int:
    """Takes something as the first issued client of a role, with a progress bar."""
    credential = choose_credential(home, role)
    columns = (TextColumn("{task.description}"), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:

        async def run() -> int:
            async with open_http(home.url) as http:
                return await take(GatewayClient(http, credential), progress)

        return asyncio.run(run())


def export_with_progress(home: Home, wish: FileWish, out: Path, console: Console) -> int:
    """Takes one file out and gives its bytes."""
    return with_progress(home, wish.role, console, lambda client, bar: download_whole(client, wish, out, bar))
