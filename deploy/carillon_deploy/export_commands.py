"""`carillon export ...`: data out of the running suite as files that appear whole; it holds no rules of its own."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carillon_deploy.terminal import console

if TYPE_CHECKING:
    from carillon_deploy.file_export import FileWish

export_app = typer.Typer(help="Data out of the running suite.", no_args_is_help=True)

Out = Annotated[Path, typer.Option(dir_okay=False, help="The file to write.")]
Role = Annotated[str, typer.Option(help="As which role; a branch gets its own subscribers.")]
Branch = Annotated[str, typer.Option(help="Only this branch's subscribers.")]


class FileFormat(StrEnum):
    """What a file of members is written as."""

    CSV = "csv"
    PARQUET = "parquet"


@export_app.command("segment")
def export_segment(
    segment: Annotated[str, typer.Argument(help="The segment's id or its whole name.")],
    out: Out,
    file_format: Annotated[FileFormat, typer.Option("--format", help="CSV or Parquet.")] = FileFormat.CSV,
    attributes: Annotated[str, typer.Option(help="Names of attributes, with commas between.")] = "",
    msisdn: Annotated[bool, typer.Option(help="Numbers in place of ids.")] = False,
    role: Role = "province_admin",
) -> None:
    """Take the members of a segment out as a file; the export is booked under the role's client."""
    from carillon_deploy.runner.layout import read_layout  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.segment_export import ExportWish, export_with_progress  # noqa: PLC0415 - the same

    wish = ExportWish(segment=segment, format=file_format.value, attributes=attributes, msisdn=msisdn, role=role)
    written = export_with_progress(read_layout(os.environ).home, wish, out, console)
    console.print(f"{out}: {written:,} bytes")


@export_app.command("match")
def export_match(
    match: Annotated[str, typer.Argument(help="The match's id.")],
    out: Out,
    rule: Annotated[str, typer.Option(help="Only what this rule recommends.")] = "",
    channel: Annotated[str, typer.Option(help="Only what goes by this channel.")] = "",
    branch: Branch = "",
    msisdn: Annotated[bool, typer.Option(help="With the numbers, for who dials.")] = False,
    role: Role = "province_admin",
) -> None:
    """Take a match's list out as CSV: who is recommended what, by which rule and channels."""
    from carillon_deploy.file_export import FileWish, id_in_path  # noqa: PLC0415 - a command imports what it needs

    query = {"rule": rule, "channel": channel, "branch": branch, "numbers": "true" if msisdn else ""}
    path = f"/api/v1/matches/{id_in_path('a match', match)}/list"
    _export(FileWish(path=path, query=query, role=role), out)


@export_app.command("classes")
def export_classes(
    run: Annotated[str, typer.Argument(help="The id of a classification's run.")],
    result: Annotated[str, typer.Argument(help="The class, such as SUB_SILENT.")],
    out: Out,
    branch: Branch = "",
    role: Role = "province_admin",
) -> None:
    """Take one class's list of a city out as CSV, as it lies on the drop folder."""
    from carillon_deploy.file_export import FileWish, id_in_path  # noqa: PLC0415 - a command imports what it needs

    path = f"/api/v1/class-runs/{id_in_path('a run', run)}/lists/{result}"
    _export(FileWish(path=path, query={"branch": branch}, role=role), out)


@export_app.command("audit")
def export_audit(out: Out) -> None:
    """Take the audit log out as lines of JSON, for `carillon verify audit FILE`."""
    from carillon_deploy.file_export import FileWish  # noqa: PLC0415 - a command imports what it needs

    _export(FileWish(path="/api/v1/audit-log", role="auditor"), out)


@export_app.command("ledger")
def export_ledger(out: Out) -> None:
    """Take the sealed ledger out as lines of JSON, for `carillon verify ledger FILE`."""
    from carillon_deploy.internal import export_ledger as write  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.runner.layout import read_layout  # noqa: PLC0415 - the same

    address = read_layout(os.environ).address("reward")
    with console.status("taking the ledger out") as status:
        written = write(address, out, lambda done: status.update(f"took out {done:,} bytes"))
    console.print(f"{out}: {written:,} bytes")


def _export(wish: "FileWish", out: Path) -> None:
    from carillon_deploy.file_export import export_with_progress  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.runner.layout import read_layout  # noqa: PLC0415 - the same

    written = export_with_progress(read_layout(os.environ).home, wish, out, console)
    console.print(f"{out}: {written:,} bytes")
