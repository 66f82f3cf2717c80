"""What a file of lines may say, and what is refused before anything is opened."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from carillon_chassis.errors import InvalidInput
from svc_channel.adapters.line_file import LineFile, read_line_file
from svc_channel.adapters.smpp_peer import smpp_settings
from svc_channel.domain.channel import Channel
from svc_channel.domain.mms.resources import Rendition
from svc_channel.lines import open_peer

SMSC = {"host": "10.0.0.1", "system_id": "carillon", "password_variable": "SMSC_A"}


def written(folder: Path, said: Any) -> Path:
    path = folder / "lines.yaml"
    path.write_text(said if isinstance(said, str) else json.dumps(said), encoding="utf-8")
    return path


def refused(folder: Path, said: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as error:
        read_line_file(written(folder, said))
    return error.value


async def no_renditions(resource: str) -> Sequence[Rendition]:
    return ()


PAP = {"url": "http://ppg.example/wappush", "user": "carillon", "password_variable": "SMSC_A"}
MM7 = {**PAP, "vasp_id": "carillon", "vas_id": "tones"}


@pytest.mark.parametrize(
    ("protocol", "options"),
    [
        ("pap", {**PAP, "url": "http://user:secret@ppg.example/"}),
        ("pap", {**PAP, "password": "secret"}),
        ("pap", {**PAP, "notify_to": "ftp://gateway"}),
        ("mm7", {**MM7, "namespace": "http://schemas.example/mm7"}),
        ("mm7", {**MM7, "version": "six"}),
        ("mm7", {**MM7, "handset_octets": 1}),
        ("mm7", PAP),
    ],
)
def test_a_line_over_http_that_cannot_be_opened_is_refused_before_it_is(protocol: str, options: dict[str, Any]) -> None:
    lines = LineFile.model_validate({"lines": [{"name": "a", "protocol": protocol, **options}]})
    with pytest.raises(InvalidInput) as error:
        open_peer(lines.lines[0], {"SMSC_A": "secret"}, no_renditions)
    assert error.value.reason == "LINE_OPTIONS"


def line(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "protocol": "smpp", **SMSC, **more}


def test_a_file_says_lines_routes_and_what_only_the_protocol_knows(tmp_path: Path) -> None:
    said = """
routes:
  - name: sms
  - name: north
    prefixes: ["+86130"]
lines:
  - {name: a, protocol: smpp, host: 10.0.0.1, system_id: me, password_variable: SMSC_A, routes: [sms, north]}
  - {name: b, protocol: smpp, host: 10.0.0.2, system_id: me, password_variable: SMSC_B, window: 10, rate_per_second: 50}
"""
    lines = read_line_file(written(tmp_path, said))
    first, second = lines.lines
    assert (first.routes, second.routes, second.window, second.rate_per_second) == (("sms", "north"), ("sms",), 10, 50)
    assert lines.routing().find(Channel.SMS, "+8613012345678") == "north"
    settings = smpp_settings(second, {"SMSC_B": "hush"})
    link = settings.link
    assert (link.host, link.port, link.window, link.password) == ("10.0.0.2", 2775, 10, "hush")
    assert "hush" not in repr(settings) + repr(lines)
    for password in ("nine-long", "häsch", "nul\0"):
        with pytest.raises(InvalidInput, match="line b, password") as refused_password:
            smpp_settings(second, {"SMSC_B": password})
        assert refused_password.value.reason == "TEXT_FIELD_REFUSED"
        assert password not in str(refused_password.value)


@pytest.mark.parametrize(
    "said",
    [
        {"lines": []},
        {"lines": [line("a"), line("a")]},
        {"lines": [line("a", routes=["nowhere"])]},
        {"lines": [line("a")], "routes": [{"name": "sms"}, {"name": "north", "prefixes": ["+86130"]}]},
        {"lines": [line("a")], "routes": [{"name": "sms", "prefixes": ["86130"]}]},
        {"lines": [line("A b")]},
        {"lines": [line("a", window=0)]},
        # What a proxy is asked for twice would be new to an SMSC.
        {"lines": [line("a"), {"name": "b", "protocol": "pap", **PAP}]},
        {"lines": "a", "more": 1},
        [],
        "",
    ],
)
def test_a_file_that_does_not_hang_together_is_refused(tmp_path: Path, said: Any) -> None:
    assert refused(tmp_path, said).reason == "LINES_INVALID"


@pytest.mark.parametrize("said", ["a: [", "\t{"])
def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path, said: str) -> None:
    assert refused(tmp_path, said).reason == "LINES_UNREADABLE"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="LINES_UNREADABLE"):
        read_line_file(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"protocol": "telex"}, "LINE_PROTOCOL"),
        ({"pasword": "x"}, "LINE_OPTIONS"),
        ({"system_id": "x" * 16}, "LINE_OPTIONS"),
        ({"password_variable": "NOT_SET"}, "SECRET_MISSING"),
    ],
)
def test_a_line_that_cannot_be_opened_is_refused_before_it_is(change: dict[str, Any], reason: str) -> None:
    lines = LineFile.model_validate({"lines": [line("a", **change)]})
    with pytest.raises(InvalidInput) as error:
        open_peer(lines.lines[0], {"SMSC_A": "secret"}, no_renditions)
    assert error.value.reason == reason


def test_a_file_says_the_rates_of_accounts_campaigns_and_cells(tmp_path: Path) -> None:
    said = {"lines": [line("a", account="main")], "limits": {"accounts": {"main": 10}, "cells": {"440-1": 5}}}
    lines = read_line_file(written(tmp_path, said))
    assert lines.lines[0].account == "main"
    found = set(lines.limits.limits().of(account="main", campaign="c", cell="440-1"))
    assert found == {("account", "main", 10), ("cell", "440-1", 5)}
    assert refused(tmp_path, {"lines": [line("a")], "limits": {"cell_per_second": -1}}).reason == "LINES_INVALID"


@pytest.mark.parametrize(("window", "is_refused"), [(100, False), (99, True)])
def test_the_windows_of_an_accounts_lines_share_its_window(tmp_path: Path, window: int, *, is_refused: bool) -> None:
    lines = [line("a", account="main", window=60), line("b", account="main", window=40), line("c")]
    said = {"lines": lines, "limits": {"account_windows": {"main": window}}}
    if is_refused:
        assert "windows of 100 together" in refused(tmp_path, said).detail
    else:
        assert len(read_line_file(written(tmp_path, said)).lines) == 3
