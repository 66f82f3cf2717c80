"""`carillon export segment` against a transport that plays the gateway: names, whole files, refusals."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from rich.progress import Progress

from carillon_deploy import gateway_client
from carillon_deploy.errors import CommandError
from carillon_deploy.gateway_client import CallRefused, GatewayClient
from carillon_deploy.runner.credentials import Credential
from carillon_deploy.segment_export import ExportWish, export_segment

CREDENTIAL = Credential(role="province_admin", branch="", client_id="province", client_secret="secret")
TOKEN = {"access_token": "t0ken", "expires_in": 3600, "token_type": "bearer"}
ID = "0190b3a0-0000-7000-8000-000000000001"
FILE = b'"msisdn","age"\n"+8613800000001",20\n'


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_client, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(gateway_client, "PATIENCE_SECONDS", 0.05)


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


class Broken(httpx.AsyncByteStream):
    """A body that ends in the middle."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield FILE[:10]
        raise httpx.ReadError("the gateway went away")


async def export(members: httpx.Response, out: Path, segment: str = ID) -> tuple[int, list[httpx.URL]]:
    seen: list[httpx.URL] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        if request.url.path == "/oauth2/token":
            return httpx.Response(200, json=TOKEN)
        if request.url.path == "/api/v1/segments":
            pages = {
                "": {"segments": [{"id": "other", "name": "very young"}], "next_page_token": "more"},
                "more": {"segments": [{"id": ID, "name": "young"}], "next_page_token": ""},
            }
            return httpx.Response(200, json=pages[request.url.params["page_token"]])
        return members

    http = httpx.AsyncClient(base_url="http://gateway", transport=httpx.MockTransport(handle))
    wish = ExportWish(segment=segment, format="csv", attributes="age", msisdn=True, role="province_admin")
    with Progress(disable=True) as progress:
        return await export_segment(GatewayClient(http, CREDENTIAL), wish, out, progress), seen


@pytest.mark.parametrize("segment", [ID, "young"])
async def test_a_segment_is_written_by_its_id_or_its_whole_name(segment: str, tmp_path: Path) -> None:
    written, seen = await export(httpx.Response(200, content=FILE), tmp_path / "young.csv", segment)
    assert (tmp_path / "young.csv").read_bytes() == FILE
    assert written == len(FILE)
    assert seen[-1].path == f"/api/v1/segments/{ID}/members"
    assert dict(seen[-1].params) == {"format": "csv", "msisdn": "true", "attributes": "age"}


async def test_a_name_that_is_only_part_of_others_is_nobodys(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no segment called 'you'"):
        await export(httpx.Response(200, content=FILE), tmp_path / "young.csv", "you")


async def test_a_file_that_ends_in_the_middle_does_not_appear(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="ended after 10 bytes"):
        await export(httpx.Response(200, stream=Broken()), tmp_path / "young.csv")
    assert left_in(tmp_path) == []


async def test_a_refused_export_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CallRefused, match="refused with 403: numbers go only to who dials"):
        await export(httpx.Response(403, json={"detail": "numbers go only to who dials"}), tmp_path / "young.csv")
    assert left_in(tmp_path) == []
