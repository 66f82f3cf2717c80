"""`carillon export match|classes|audit|ledger`: whole files, the query that was meant, and refusals in words."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import httpx
import pytest
from rich.progress import Progress
from typer.testing import CliRunner

from carillon.reward.v1 import ledger_pb2, ledger_pb2_grpc
from carillon_deploy import file_export, gateway_client
from carillon_deploy.cli import app
from carillon_deploy.file_export import FileWish, download_whole
from carillon_deploy.gateway_client import CallRefused, GatewayClient
from carillon_deploy.runner import layout
from carillon_deploy.runner.credentials import Credential

TOKEN = {"access_token": "t0ken", "expires_in": 3600, "token_type": "bearer"}
ID = "0190b3a0-0000-7000-8000-000000000001"
FILE = b"subscriber_id,service\n1,CRBT\n"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_client, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(gateway_client, "PATIENCE_SECONDS", 0.05)


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> list[FileWish]:
    """What the commands would take from the gateway."""
    taken: list[FileWish] = []

    def take(home: object, wish: FileWish, out: Path, console: object) -> int:
        taken.append(wish)
        return out.write_bytes(FILE)

    monkeypatch.setattr(file_export, "export_with_progress", take)
    monkeypatch.setattr(layout, "read_layout", lambda _: SimpleNamespace(home=None))
    return taken


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def export(*words: str, out: Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["export", *words, "--out", str(out)])
    return result.exit_code, result.output


def test_a_matchs_list_is_taken_as_it_was_cut(wishes: list[FileWish], tmp_path: Path) -> None:
    out = tmp_path / "match.csv"
    code, said = export("match", ID, "--channel", "HALL", "--branch", "east", "--msisdn", out=out)
    assert (code, said) == (0, f"{out}: {len(FILE)} bytes\n")
    query = {"rule": "", "channel": "HALL", "branch": "east", "numbers": "true"}
    assert wishes == [FileWish(path=f"/api/v1/matches/{ID}/list", query=query, role="province_admin")]


def test_a_class_list_of_a_city_is_taken_by_the_citys_own_client(wishes: list[FileWish], tmp_path: Path) -> None:
    code, _ = export("classes", ID, "SUB_SILENT", "--branch", "east", "--role", "branch_operator", out=tmp_path / "c")
    assert code == 0
    path = f"/api/v1/class-runs/{ID}/lists/SUB_SILENT"
    assert wishes == [FileWish(path=path, query={"branch": "east"}, role="branch_operator")]


def test_the_audit_log_is_taken_by_the_auditor(wishes: list[FileWish], tmp_path: Path) -> None:
    assert export("audit", out=tmp_path / "audit.jsonl")[0] == 0
    assert wishes == [FileWish(path="/api/v1/audit-log", role="auditor")]


@pytest.mark.parametrize("words", [("match", "last"), ("classes", "../x", "LOYAL")])
def test_what_is_no_id_is_refused_before_anybody_is_asked(
    wishes: list[FileWish], tmp_path: Path, words: tuple[str, ...]
) -> None:
    code, _ = export(*words, out=tmp_path / "out")
    assert code == 1
    assert wishes == []


async def test_empty_values_are_not_sent_and_a_refused_file_does_not_appear(tmp_path: Path) -> None:
    seen: list[httpx.URL] = []
    answers = {"/ok": httpx.Response(200, content=FILE), "/no": httpx.Response(404, json={"detail": "there is none"})}

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(200, json=TOKEN) if request.url.path == "/oauth2/token" else answers[request.url.path]

    http = httpx.AsyncClient(base_url="http://gateway", transport=httpx.MockTransport(handle))
    credential = Credential(role="auditor", branch="", client_id="auditor", client_secret="secret")
    out = tmp_path / "file.csv"
    with Progress(disable=True) as progress:
        client = GatewayClient(http, credential)
        wish = FileWish(path="/no", role="auditor")
        with pytest.raises(CallRefused, match="there is none"):
            await download_whole(client, wish, out, progress)
        assert left_in(tmp_path) == []
        wish = FileWish(path="/ok", role="auditor", query={"branch": "", "rule": "R1"})
        assert await download_whole(client, wish, out, progress) == len(FILE)
    assert out.read_bytes() == FILE
    assert dict(seen[-1].params) == {"rule": "R1"}


class Ledger:
    """Gives a file in two pieces, and may go away before the second; the methods have the protocol's names."""

    def __init__(self) -> None:
        self.goes_away = False

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None

    def ExportLedger(self, _: Any, context: grpc.ServicerContext) -> Iterator[ledger_pb2.ExportLedgerResponse]:
        yield ledger_pb2.ExportLedgerResponse(piece=FILE[:7])
        if self.goes_away:
            context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        yield ledger_pb2.ExportLedgerResponse(piece=FILE[7:])


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


def test_the_ledger_is_taken_out_whole_or_not_at_all(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    ledger.goes_away = True
    assert export("ledger", out=folder / "ledger.jsonl")[0] == 1
    assert list(folder.iterdir()) == []
    ledger.goes_away = False
    code, said = export("ledger", out=folder / "ledger.jsonl")
    assert (code, (folder / "ledger.jsonl").read_bytes()) == (0, FILE)
    assert f"{len(FILE)} bytes" in said
