"""`carillon snapshot load` sends what its kind needs, follows the load, and says how it ended."""

from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from typer.testing import CliRunner

from carillon_deploy import snapshot as loading
from carillon_deploy.cli import app
from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import GatewayClient
from carillon_deploy.snapshot import load_snapshot

ROWS = {"rows": 4, "accepted": 3, "rejected": 1}


class Gateway:
    """Answers uploads and looks as the gateway would."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.fields: dict[str, str] = {}
        self.content = b""

    async def upload(self, path: str, *, fields: dict[str, str], name: str, file: BinaryIO) -> dict[str, Any]:
        assert (path, name) == ("/api/v1/snapshots", "usage.csv")
        self.fields, self.content = fields, file.read()
        return {"id": "s1", "state": "received", "rows_done": 0}

    async def get(self, path: str) -> dict[str, Any]:
        assert path == "/api/v1/snapshots/s1"
        return {"id": "s1", "rows": 0, **self.answers.pop(0)}


def client(gateway: Gateway) -> GatewayClient:
    return cast("GatewayClient", gateway)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "usage.csv"
    file.write_bytes(b"msisdn,calls\n")
    return file


async def test_fields_that_are_empty_are_not_sent_and_a_notice_is_told(file: Path, tmp_path: Path) -> None:
    gateway = Gateway(
        {"state": "loading", "rows_done": 2},
        {"state": "loaded", "rows_done": 4, **ROWS, "problem": None, "notice": "the month is partial"},
    )
    dictionary = tmp_path / "d.json"
    dictionary.write_text('{"calls": {"type": "integer"}}')
    seen: list[tuple[int, int]] = []
    loaded = await load_snapshot(
        client(gateway),
        file,
        fields={"as_of": "2011-03-15", "kind": "usage", "month": "2011-03", "name": ""},
        dictionary=dictionary,
        progress=lambda done, rows: seen.append((done, rows)),
    )
    assert gateway.fields == {
        "as_of": "2011-03-15",
        "kind": "usage",
        "month": "2011-03",
        "dictionary": '{"calls": {"type": "integer"}}',
    }
    assert gateway.content == b"msisdn,calls\n"
    assert seen == [(2, 0), (4, 4)]
    assert (loaded.accepted, loaded.rejected, loaded.problem, loaded.notice) == (3, 1, None, "the month is partial")


async def test_a_load_that_stands_still_is_given_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "STUCK_SECONDS", 0.0)
    gateway = Gateway(*[{"state": "loading", "rows_done": 2}] * 3)
    with pytest.raises(CommandError, match="has stood at row"):
        await load_snapshot(
            client(gateway), file, fields={"as_of": "2011-03-15"}, dictionary=None, progress=lambda _done, _rows: None
        )


def test_a_kind_that_there_is_not_is_refused_with_those_there_are(file: Path) -> None:
    ended = CliRunner().invoke(app, ["snapshot", "load", str(file), "--as-of", "2011-03-31", "--kind", "letters"])
    assert ended.exit_code == 2
    assert "subscribers" in ended.stderr
    assert "events" in ended.stderr
