"""`carillon verify ledger`: what the operator reads and the exit code, against a ledger that answers as told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from typer.testing import CliRunner

from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_deploy.cli import app
from carillon_deploy.runner import layout

TOTAL = ledger_pb2.CurrencyTotal(currency="seeds", sum=0, issued=50, held_by_campaigns=30, held_by_subscribers=20)
HALFWAY = ledger_pb2.VerifyLedgerResponse(transfers=1, entries=2, link="aa")
SOUND = ledger_pb2.VerifyLedgerResponse(transfers=2, entries=4, unsealed=1, link="bb", finished=True)
WRONG = ledger_pb2.VerifyLedgerResponse(
    transfers=1,
    entries=2,
    link="aa",
    finished=True,
    fault=ledger_pb2.LedgerFault(transfer=17, leg=2, detail="leg 2 of the transfer is not what was sealed"),
)


class Ledger:
    """Gives the answers it was given; the methods have the protocol's names."""

    def __init__(self) -> None:
        self.totals = [TOTAL]
        self.proofs = [HALFWAY, SOUND]

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None

    def GetTrialBalance(self, *_: Any) -> ledger_pb2.GetTrialBalanceResponse:
        return ledger_pb2.GetTrialBalanceResponse(totals=self.totals, transfers=2, entries=4)

    def VerifyLedger(self, *_: Any) -> Iterator[ledger_pb2.VerifyLedgerResponse]:
        yield from self.proofs


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Served on a socket that the command takes for svc-reward's."""
    servicer: Any = Ledger()
    server: Any = grpc.server(ThreadPoolExecutor(max_workers=2))
    ledger_pb2_grpc.add_LedgerServiceServicer_to_server(servicer, server)
    address = f"unix:{tmp_path / 'reward.sock'}"
    server.add_insecure_port(address)
    server.start()
    monkeypatch.setattr(layout, "read_layout", lambda _: SimpleNamespace(address=lambda _: address))
    yield servicer
    server.stop(0)


def test_a_sound_ledger_is_told_with_the_link_to_keep(ledger: Ledger) -> None:
    assert ledger.proofs
    result = CliRunner().invoke(app, ["verify", "ledger"])
    assert result.exit_code == 0
    assert "2 transfers, 4 entries proved, 1 unsealed" in result.output
    assert "bb" in result.output


def test_the_first_wrong_entry_is_named_and_ends_the_command_badly(ledger: Ledger) -> None:
    ledger.proofs = [HALFWAY, WRONG]
    result = CliRunner().invoke(app, ["verify", "ledger"])
    assert result.exit_code == 1
    assert "first wrong entry: transfer 17, leg 2: leg 2 of the transfer is not what was sealed" in result.output


@pytest.mark.parametrize("proofs", [[], [HALFWAY]])
def test_a_proof_that_broke_off_proves_nothing(ledger: Ledger, proofs: list[ledger_pb2.VerifyLedgerResponse]) -> None:
    ledger.proofs = proofs
    assert CliRunner().invoke(app, ["verify", "ledger"]).exit_code == 1


def test_currencies_that_do_not_sum_to_zero_end_the_command_badly(ledger: Ledger) -> None:
    ledger.totals = [ledger_pb2.CurrencyTotal(currency="seeds", sum=1)]
    assert CliRunner().invoke(app, ["verify", "ledger"]).exit_code == 1
