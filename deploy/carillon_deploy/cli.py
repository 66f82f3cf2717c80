"""The `carillon` command line: words in, a use of the runner or of HTTP, words out; it holds no rules of its own."""

import json
import os
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from carillon_chassis.errors import DomainError
from carillon_deploy.errors import CommandError
from carillon_deploy.export_commands import export_app
from carillon_deploy.terminal import console
from carillon_deploy.verify_commands import verify_app


class Command(TyperGroup):
    """Shows a failure as its text alone and ends with 1, where a mistake of ours shows its traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except (CommandError, DomainError) as error:
            Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(str(error), style="red")
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=Command,
    help="Carillon on one machine: up, down, status, data in, the demo. State lives under var/ (CARILLON_HOME).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
snapshot_app = typer.Typer(help="Snapshots of subscribers.", no_args_is_help=True)
catalog_app = typer.Typer(help="The catalogue of services.", no_args_is_help=True)
match_app = typer.Typer(help="The match library: which service suits whom.", no_args_is_help=True)
app.add_typer(snapshot_app, name="snapshot")
app.add_typer(export_app, name="export")
app.add_typer(catalog_app, name="catalog")
app.add_typer(match_app, name="match")
app.add_typer(verify_app, name="verify")

HEALTH_STYLES = {"healthy": "green", "unwell": "yellow", "down": "red"}

# The day that a made-up operator describes when none is named.
AS_OF = datetime(2011, 3, 31)  # noqa: DTZ001 -- a calendar day, as the option reads it


class Kind(StrEnum):
    """What the rows of a file are."""

    SUBSCRIBERS = "subscribers"
    USAGE = "usage"
    EVENTS = "events"
    LIST = "list"
    CELLS = "cells"


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command()
def up() -> None:
    """Start the suite in the background; it is healthy when this returns."""
    from carillon_deploy.runner.layout import read_layout  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.runner.suite import bring_up  # noqa: PLC0415 - the same

    layout = read_layout(os.environ)
    bring_up(layout, console.print)
    console.print(f"the suite is up: {layout.home.url}/console and {layout.home.url}/docs")
    console.print(f"credentials: carillon credentials, or {layout.home.credentials}")


@app.command()
def down() -> None:
    """Stop the suite, whatever state it is in; what it has stored stays."""
    from carillon_deploy.home import read_home  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.runner.suite import bring_down  # noqa: PLC0415 - the same

    bring_down(read_home(os.environ), console.print)


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Show every process with version, address, pid, memory and health; exit 1 unless all are healthy."""
    from carillon_deploy.runner.layout import read_layout  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.runner.status import read_status  # noqa: PLC0415 - the same

    lines = read_status(read_layout(os.environ))
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], indent=2))
    else:
        table = Table("process", "version", "health", "pid", "RSS MB", "up s", "restarts", "address", box=None)
        for line in lines:
            numbers = [
                str(line.pid or "-"),
                f"{line.rss_bytes / 1e6:.0f}",
                str(line.uptime_seconds),
                str(line.restarts),
            ]
            health = f"[{HEALTH_STYLES[line.health]}]{line.health}[/]"
            table.add_row(line.name, line.version, health, *numbers, line.address)
        console.print(table)
    raise typer.Exit(0 if all(line.health == "healthy" for line in lines) else 1)


@app.command()
def credentials(*, as_json: AsJson = False) -> None:
    """Show the issued clients and their secrets."""
    from carillon_deploy.home import read_home  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.runner.credentials import read_credentials  # noqa: PLC0415 - the same

    path = read_home(os.environ).credentials
    if not path.exists():
        msg = f"{path} does not exist; carillon up makes it"
        raise CommandError(msg)
    issued = read_credentials(path)
    if as_json:
        typer.echo(json.dumps([asdict(credential) for credential in issued], indent=2))
        return
    table = Table("role", "branch", "client_id", "client_secret", box=None)
    for credential in issued:
        table.add_row(credential.role, credential.branch or "-", credential.client_id, credential.client_secret)
    console.print(table)


@catalog_app.command("load")
def load_catalog() -> None:
    """Load the reference tables that the product ships; loading them again changes nothing."""
    from carillon_deploy.internal import load_reference  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.runner.layout import read_layout  # noqa: PLC0415 - the same

    loaded = load_reference(read_layout(os.environ).address("catalog"))
    console.print(f"{loaded.services} services, {loaded.brands} brands, {loaded.channels} channels")


@match_app.command("load")
def load_match_library() -> None:
    """Load the match library that the product ships; what stands already stays, loading it again changes nothing."""
    from carillon_deploy.internal import load_match_library as load  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.runner.layout import read_layout  # noqa: PLC0415 - the same

    loaded = load(read_layout(os.environ).address("segment"))
    console.print(f"{loaded.services} services, {loaded.rules} rules added")
    for code, reason in sorted(loaded.left_out.items()):
        console.print(f"left out {code}: {reason}")


@snapshot_app.command("load")
def load_snapshot(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV or Parquet.")],
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day that the data describe.")],
    kind: Annotated[Kind, typer.Option(help="What the rows are.")] = Kind.SUBSCRIBERS,
    dictionary: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="JSON of the columns.")] = None,
    month: Annotated[str, typer.Option(help="YYYY-MM, for usage.")] = "",
    name: Annotated[str, typer.Option(help="The list's name, for a list.")] = "",
    list_kind: Annotated[str, typer.Option(help="What the list's rows are, such as third_party_clients.")] = "",
) -> None:
    """Ingest a file through the gateway, with a progress bar; exit 1 when the file was refused."""
    from carillon_deploy.runner.layout import read_layout  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.snapshot import load_with_progress  # noqa: PLC0415 - the same

    home = read_layout(os.environ).home
    fields = {
        "as_of": as_of.date().isoformat(),
        "kind": kind.value,
        "month": month,
        "name": name,
        "list_kind": list_kind,
    }
    loaded = load_with_progress(home, file, fields=fields, dictionary=dictionary, console=console)
    console.print(f"snapshot {loaded.id}: {loaded.accepted} rows accepted, {loaded.rejected} rejected of {loaded.rows}")
    if loaded.notice:
        console.print(f"notice: {loaded.notice}")
    if loaded.problem:
        console.print(f"refused: {loaded.problem}")
    raise typer.Exit(1 if loaded.problem else 0)


@app.command()
def population(
    subscribers: Annotated[int, typer.Option(help="How many subscribers.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="A new or empty folder.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 1,
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day that the data describe.")] = AS_OF,
    months: Annotated[int, typer.Option(help="Months of usage.")] = 3,
    events_per_subscriber: Annotated[float, typer.Option(help="Events each, on average.")] = 2.0,
) -> None:
    """Write a synthetic operator as Parquet files, with the margins of the reference tables."""
    from carillon_deploy.population.operator import Operator  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.population.progress import write_with_progress  # noqa: PLC0415 - the same

    operator = Operator(
        subscribers=subscribers,
        seed=seed,
        as_of=as_of.date(),
        months=months,
        events_per_subscriber=events_per_subscriber,
    )
    for file in write_with_progress(operator, out, console):
        console.print(f"{file.name}: {file.rows:,} rows, {file.bytes / 1e6:,.0f} MB, SHA-256 {file.sha256}")
    console.print(f"{out / 'manifest.json'} says what is in them")


@app.command()
def demo() -> None:
    """Run the closed loop on real data from an empty home; exit 0 only if it closed."""
    from carillon_deploy.demo.script import run_demo  # noqa: PLC0415 - a command imports what it needs

    run_demo(os.environ, console)
