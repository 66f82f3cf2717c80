"""`carillon verify ...`: checks of what the suite has booked, most of them from a file alone; it holds no rules of its own."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from carillon_deploy.terminal import console

verify_app = typer.Typer(help="Checks of what the suite has booked.", no_args_is_help=True)


@verify_app.command("ledger")
def verify_ledger(
    file: Annotated[
        Path | None, typer.Argument(help="What `carillon export ledger` wrote; without it, what runs.")
    ] = None,
    link: Annotated[str, typer.Option(help="A link that you kept earlier, for a file.")] = "",
) -> None:
    """Prove a ledger: currencies sum to zero, the hash chain holds; exit 1 at the first wrong entry."""
    if file is not None:
        from carillon_deploy.verify import ledger  # noqa: PLC0415 - a command imports what it needs

        raise typer.Exit(ledger.main([*([f"--link={link}"] if link else []), "--", str(file)]))
    _verify_running_ledger()


@verify_app.command("audit")
def verify_audit(
    file: Annotated[Path, typer.Argument(help="What `carillon export audit` wrote.")],
    head: Annotated[str, typer.Option(help="A seal that you kept earlier.")] = "",
) -> None:
    """Verify an audit log from its file alone, without the services; exit 1 names the first entry that does not hold."""
    from carillon_deploy.verify import audit  # noqa: PLC0415 - a command imports what it needs

    raise typer.Exit(audit.main([*([f"--head={head}"] if head else []), "--", str(file)]))


def _verify_running_ledger() -> None:
    from carillon_deploy.internal import trial_balance, verify_chain  # noqa: PLC0415 - a command imports what it needs
    from carillon_deploy.runner.layout import read_layout  # noqa: PLC0415 - the same

    address = read_layout(os.environ).address("reward")
    balance = trial_balance(address)
    table = Table("currency", "sum", "issued", "held by campaigns", "held by subscribers", box=None)
    for total in balance.totals:
        held = (total.held_by_campaigns, total.held_by_subscribers)
        table.add_row(total.currency, *(f"{amount:,}" for amount in (total.sum, total.issued, *held)))
    console.print(table)
    console.print(f"{balance.transfers:,} transfers, {balance.entries:,} entries")
    with console.status("proving the chain") as status:
        proof = verify_chain(address, lambda so_far: status.update(f"proved {so_far.entries:,} entries"))
    console.print(
        f"chain: {proof.transfers:,} transfers, {proof.entries:,} entries proved, {proof.unsealed:,} unsealed"
    )
    console.print(f"its last link, to be kept elsewhere: {proof.link}")
    if proof.HasField("fault"):
        fault = proof.fault
        place = f"transfer {fault.transfer}, leg {fault.leg}" if fault.transfer else f"account {fault.account}"
        console.print(f"first wrong entry: {place}: {fault.detail}", style="red")
    sound = proof.finished and not proof.HasField("fault") and all(total.sum == 0 for total in balance.totals)
    raise typer.Exit(0 if sound else 1)


@verify_app.command("draw")
def verify_draw(
    file: Annotated[Path, typer.Argument(help="What GET /api/v1/draws/{id}/proof gave.")],
    rule_hash: Annotated[str | None, typer.Option(help="The rule's hash as you saw it published.")] = None,
    commitment: Annotated[str | None, typer.Option(help="The commitment as you saw it published.")] = None,
    root: Annotated[str | None, typer.Option(help="The entrants' root as you saw it published.")] = None,
    second_seed: Annotated[str | None, typer.Option(help="The second seed as you saw it published.")] = None,
) -> None:
    """Verify a draw from its proof alone, without the services; exit 1 names the first thing that does not hold."""
    from carillon_deploy.verify import draw  # noqa: PLC0415 - a command imports what it needs

    seen = {"rule-hash": rule_hash, "commitment": commitment, "root": root, "second-seed": second_seed}
    options = [f"--{name}={value}" for name, value in seen.items() if value is not None]
    raise typer.Exit(draw.main([*options, "--", str(file)]))
