"""The service platform simulator as its clients see it: strict, sure about duplicates, forgetting nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .platform_process import BODY, PlatformProcess

FAULTS = ("--fault", "1=refuse", "--fault", "2=silent", "--fault", "3=busy", "--fault", "4=forge", "--fault", "5=slow")
UNKNOWN = {"id": "b-1", "result": "unknown", "reference": "", "reason": ""}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[PlatformProcess]:
    running = PlatformProcess.start(tmp_path / "journal.jsonl", *FAULTS, "--slow-seconds", "0.4")
    yield running
    assert running.stop() == 0


def test_it_opens_once_closes_once_and_opens_nothing_again_under_the_same_id(platform: PlatformProcess) -> None:
    status, told, signed = platform.open()
    assert (status, told["result"], told["reference"], signed) == (200, "open", "S0000000001", True)
    assert platform.open() == (200, told, True)
    assert platform.open(service="NEWSPAPER")[0] == platform.open(msisdn="+8613800000009")[0] == 409
    assert platform.ask("GET", "/openings/o-1") == (200, told, True)
    closed = told | {"result": "closed"}
    for _ in range(2):
        assert platform.ask("DELETE", "/openings/o-1") == (200, closed, True)
    assert platform.open() == (200, closed, True)
    assert platform.stands() == {"o-1": "closed"}


def test_a_hundred_at_once_under_one_id_are_one_opening(platform: PlatformProcess) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: platform.open(), range(100)))
    assert {(status, told["reference"]) for status, told, _ in answers} == {(200, "S0000000001")}


def test_what_is_not_signed_rightly_opens_and_closes_nothing(platform: PlatformProcess) -> None:
    body = json.dumps(BODY).encode()
    assert platform.ask("POST", "/openings", body, secret="other")[:2] == (401, {"reason": "SIGNATURE_INVALID"})
    assert platform.ask("POST", "/openings", body, stamp="1000000000.x")[1] == {"reason": "STAMP_USED_OR_OLD"}
    assert platform.ask("POST", "/openings", body, stamp="noon")[1] == {"reason": "STAMP_INVALID"}
    stamp = f"{int(time.time())}.once"
    assert platform.ask("POST", "/openings", body, stamp=stamp)[0] == 200
    assert platform.ask("POST", "/openings", body, stamp=stamp)[1] == {"reason": "STAMP_USED_OR_OLD"}
    assert platform.ask("DELETE", "/openings/o-1", secret="other")[0] == 401
    assert platform.stands() == {"o-1": "open"}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"{}", json.dumps(BODY | {"more": 1}).encode(), json.dumps(BODY | {"id": "a b"}).encode(),
     json.dumps(BODY | {"msisdn": "13800000000"}).encode(), json.dumps(BODY | {"service": "crbt"}).encode(),
     json.dumps(BODY | {"service": 5}).encode()],
)  # fmt: skip
def test_a_body_of_the_wrong_shape_opens_nothing(platform: PlatformProcess, body: bytes) -> None:
    assert platform.ask("POST", "/openings", body)[0] == 400
    assert platform.stands() == {}


def test_unknown_paths_and_openings_are_told_apart_by_the_signature(platform: PlatformProcess) -> None:
    for method in ("GET", "DELETE"):
        assert platform.ask(method, "/openings/b-1") == (404, UNKNOWN, True)
        assert platform.ask(method, "/elsewhere/b-1")[::2] == (404, False)
    assert platform.ask("POST", "/elsewhere", b"{}")[::2] == (404, False)
    assert platform.ask("POST", "/openings", b"x" * 5000)[0] == 413


def test_the_platform_fails_on_demand(platform: PlatformProcess) -> None:
    refused = platform.open(id="r", msisdn="+8613800000001")
    assert (refused[0], refused[1]["result"], refused[1]["reason"]) == (200, "refused", "NUMBER_BARRED")
    assert platform.ask("DELETE", "/openings/r")[1]["result"] == "refused"
    assert [platform.open(id="b", msisdn="+8613800000003")[0] for _ in range(2)] == [503, 200]
    assert platform.open(id="f", msisdn="+8613800000004")[::2] == (200, False)
    with pytest.raises(TimeoutError):
        platform.open(id="s", msisdn="+8613800000002", timeout=0.3)
    assert platform.ask("GET", "/openings/s")[1]["result"] == "open"
    with pytest.raises(TimeoutError):
        platform.open(id="l", msisdn="+8613800000005", timeout=0.2)
    assert platform.ask("GET", "/openings/l")[1]["result"] == "unknown"
    time.sleep(0.4)
    assert platform.stands() == {"r": "refused", "b": "open", "f": "open", "s": "open", "l": "open"}


def test_the_platform_remembers_after_a_kill(tmp_path: Path) -> None:
    first = PlatformProcess.start(tmp_path / "journal.jsonl")
    told = first.open()[1]
    first.open(id="o-2")
    first.ask("DELETE", "/openings/o-2")
    first.process.kill()
    first.process.wait()
    with first.journal.open("a") as journal:
        journal.write('{"id": "cut')
    second = PlatformProcess.start(first.journal)
    assert second.open() == (200, told, True)
    assert second.ask("GET", "/openings/cut")[1]["result"] == "unknown"
    assert second.open(id="o-3")[1]["reference"] == "S0000000003"
    assert second.stop() == 0
    assert second.stands() == {"o-1": "open", "o-2": "closed", "o-3": "open"}


def test_the_platform_takes_no_secret_from_its_arguments(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "svc_channel.simulators.platform", "--journal", str(tmp_path / "j")]
    environment = {name: value for name, value in os.environ.items() if name != "CARILLON_PLATFORM_SECRET"}
    for options in ([], ["--secret", "x"], ["--fault", "7=explode"]):
        done = subprocess.run(  # noqa: S603 -- our own module, by this Python
            [*command, *options], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 2
