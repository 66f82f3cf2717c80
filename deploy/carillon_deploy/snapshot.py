"""Sends a snapshot file through the gateway and follows its load; it must not look into the file."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import GatewayClient, open_http
from carillon_deploy.home import Home
from carillon_deploy.runner.credentials import Credential, read_credentials

# A load counts its rows while it judges them; numbers and merge come after that, a minute or two of 12 million rows.
STUCK_SECONDS = 600.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSnapshot:
    """How a load ended; `problem` says why the whole file was refused, `notice` what to know of one that went well."""

    id: str
    rows: int
    accepted: int
    rejected: int
    problem: str | None
    notice: str | None = None


def choose_credential(home: Home, role: str) -> Credential:
    """The first issued client of a role."""
    if not home.credentials.exists():
        msg = f"{home.credentials} does not exist; carillon up makes it"
        raise CommandError(msg)
    for credential in read_credentials(home.credentials):
        if credential.role == role:
            return credential
    msg = f"{home.credentials} has no client of role {role}"
    raise CommandError(msg)


async def load_snapshot(
    client: GatewayClient,
    file: Path,
    *,
    fields: Mapping[str, str],
    dictionary: Path | None,
    progress: Callable[[int, int], None],
) -> LoadedSnapshot:
    """Uploads the file and waits until it is loaded or refused; `progress` gets rows done and rows in all.

    `fields` are those of POST /snapshots: as_of, kind, month, name; empty ones are not sent.
    """
    sent = {name: value for name, value in fields.items() if value}
    if dictionary is not None:
        sent["dictionary"] = await asyncio.to_thread(dictionary.read_text, encoding="utf-8")
    opened = await asyncio.to_thread(file.open, "rb")
    with opened:
        snapshot = await client.upload("/api/v1/snapshots", fields=sent, name=file.name, file=opened)
    moved_at, done = time.monotonic(), -1
    while snapshot["state"] not in {"loaded", "failed"}:
        if snapshot["rows_done"] != done:
            moved_at, done = time.monotonic(), snapshot["rows_done"]
        if time.monotonic() - moved_at > STUCK_SECONDS:
            msg = f"snapshot {snapshot['id']} has stood at row {done} for {STUCK_SECONDS:.0f} s; see segment.log"
            raise CommandError(msg)
        await asyncio.sleep(_POLL_SECONDS)
        snapshot = await client.get(f"/api/v1/snapshots/{snapshot['id']}")
        progress(snapshot["rows_done"], snapshot["rows"])
    return LoadedSnapshot(
        id=snapshot["id"],
        rows=snapshot["rows"],
        accepted=snapshot["accepted"],
        rejected=snapshot["rejected"],
        problem=snapshot.get("problem"),
        notice=snapshot.get("notice"),
    )


def load_with_progress(
    home: Home, file: Path, *, fields: Mapping[str, str], dictionary: Path | None, console: Console
) -> LoadedSnapshot:
    """Loads the file as a branch operator, with a progress bar; cells are the province's."""
    credential = choose_credential(home, "province_admin" if fields.get("kind") == "cells" else "branch_operator")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(file.name, total=None)

        def progress(done: int, rows: int) -> None:
            bar.update(task, completed=done, total=rows or None)

        async def run() -> LoadedSnapshot:
            async with open_http(home.url) as http:
                client = GatewayClient(http, credential)
                return await load_snapshot(client, file, fields=fields, dictionary=dictionary, progress=progress)

        return asyncio.run(run())
