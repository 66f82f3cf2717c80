"""The recharge simulator as its clients see it: strict about signatures, sure about duplicates, forgetting nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from svc_channel.simulators.recharge.till import read_recharges

from ..platform.signed_process import SECRET, SignedProcess  # noqa: TID252 -- tests have no name to import by

FAULTS = ("--fault", "1=refuse", "--fault", "2=silent", "--fault", "3=busy", "--fault", "4=forge", "--fault", "5=slow")
BODY = {"id": "a-1", "msisdn": "+8613800000000", "amount_fen": 500}


class Simulator(SignedProcess):
    """A running simulator and its journal."""

    name = "recharge"

    def pay(self, **changes: Any) -> tuple[int, dict[str, Any], bool]:
        return self.ask("POST", "/recharges", json.dumps(BODY | changes).encode())

    def paid(self) -> list[str]:
        return [recharge.id for recharge in read_recharges(self.journal) if recharge.result == "paid"]


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    running = Simulator.start(tmp_path / "journal.jsonl", *FAULTS, "--slow-seconds", "0.4")
    yield running
    assert running.stop() == 0


def test_it_pays_once_and_answers_duplicates_with_the_first_result(simulator: Simulator) -> None:
    status, said, signed = simulator.pay()
    assert (status, said["result"], said["reference"], signed) == (200, "paid", "R0000000001", True)
    assert simulator.pay() == (200, said, True)
    assert simulator.ask("GET", "/recharges/a-1") == (200, said, True)
    assert simulator.pay(amount_fen=501)[0] == 409
    assert simulator.pay(msisdn="+8613800000009")[0] == 409
    assert simulator.paid() == ["a-1"]


def test_a_hundred_at_once_under_one_id_are_one_payment(simulator: Simulator) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: simulator.pay(), range(100)))
    assert {(status, said["reference"]) for status, said, _ in answers} == {(200, "R0000000001")}
    assert simulator.paid() == ["a-1"]


def test_what_is_not_signed_rightly_is_not_paid(simulator: Simulator) -> None:
    body = json.dumps(BODY).encode()
    assert simulator.ask("POST", "/recharges", body, secret="other")[:2] == (401, {"reason": "SIGNATURE_INVALID"})
    assert simulator.ask("POST", "/recharges", body, stamp="1000000000.x")[1] == {"reason": "STAMP_USED_OR_OLD"}
    assert simulator.ask("POST", "/recharges", body, stamp="noon")[1] == {"reason": "STAMP_INVALID"}
    stamp = f"{int(time.time())}.once"
    assert simulator.ask("POST", "/recharges", body, stamp=stamp)[0] == 200
    assert simulator.ask("POST", "/recharges", body, stamp=stamp)[1] == {"reason": "STAMP_USED_OR_OLD"}
    assert simulator.paid() == ["a-1"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"{}", json.dumps(BODY | {"more": 1}).encode(), json.dumps(BODY | {"id": "a b"}).encode(),
     json.dumps(BODY | {"msisdn": "13800000000"}).encode(), json.dumps(BODY | {"amount_fen": 0}).encode(),
     json.dumps(BODY | {"amount_fen": "5"}).encode(), json.dumps(BODY | {"amount_fen": True}).encode()],
)  # fmt: skip
def test_a_body_of_the_wrong_shape_is_refused_and_not_paid(simulator: Simulator, body: bytes) -> None:
    assert simulator.ask("POST", "/recharges", body)[0] == 400
    assert simulator.paid() == []


def test_unknown_paths_and_recharges_are_told_apart_by_the_signature(simulator: Simulator) -> None:
    assert simulator.ask("GET", "/recharges/b-1") == (
        404,
        {"id": "b-1", "result": "unknown", "reference": "", "reason": ""},
        True,
    )
    assert simulator.ask("GET", "/elsewhere/b-1")[::2] == (404, False)
    assert simulator.ask("POST", "/elsewhere", b"{}")[::2] == (404, False)
    assert simulator.ask("POST", "/recharges", b"x" * 5000)[0] == 413


def test_it_fails_on_demand(simulator: Simulator) -> None:
    refused = simulator.pay(id="r", msisdn="+8613800000001")
    assert (refused[0], refused[1]["result"], refused[1]["reason"]) == (200, "refused", "NUMBER_CLOSED")
    high = simulator.pay(id="h", amount_fen=1_000_001)
    assert (high[0], high[1]["result"], high[1]["reason"], high[2]) == (200, "refused", "AMOUNT_TOO_HIGH", True)
    assert [simulator.pay(id="b", msisdn="+8613800000003")[0] for _ in range(2)] == [503, 200]
    assert simulator.pay(id="f", msisdn="+8613800000004")[::2] == (200, False)
    with pytest.raises(TimeoutError):
        simulator.ask(
            "POST", "/recharges", json.dumps(BODY | {"id": "s", "msisdn": "+8613800000002"}).encode(), timeout=0.3
        )
    assert simulator.ask("GET", "/recharges/s")[1]["result"] == "paid"
    with pytest.raises(TimeoutError):
        simulator.ask(
            "POST", "/recharges", json.dumps(BODY | {"id": "l", "msisdn": "+8613800000005"}).encode(), timeout=0.2
        )
    assert simulator.ask("GET", "/recharges/l")[1]["result"] == "unknown"
    time.sleep(0.4)
    assert simulator.ask("GET", "/recharges/l")[1]["result"] == "paid"
    assert simulator.paid() == ["b", "f", "s", "l"]


def test_it_remembers_after_a_kill_and_drops_a_line_cut_in_the_middle(tmp_path: Path) -> None:
    first = Simulator.start(tmp_path / "journal.jsonl")
    said = first.pay()[1]
    first.process.kill()
    first.process.wait()
    with first.journal.open("a") as journal:
        journal.write('{"id": "cut')
    second = Simulator.start(first.journal)
    assert second.pay() == (200, said, True)
    assert second.ask("GET", "/recharges/cut")[1]["result"] == "unknown"
    assert second.pay(id="a-2")[1]["reference"] == "R0000000002"
    assert second.stop() == 0
    assert second.paid() == ["a-1", "a-2"]
    assert (first.journal.stat().st_mode & 0o777) == 0o600


def test_it_takes_no_secret_from_its_arguments_and_none_from_nowhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "svc_channel.simulators.recharge", "--journal", str(tmp_path / "j")]
    environment = {name: value for name, value in os.environ.items() if name != "CARILLON_RECHARGE_SECRET"}
    for options in ([], ["--secret", "x"], ["--fault", "7=explode"]):
        done = subprocess.run(  # noqa: S603 -- our own module, by this Python
            [*command, *options], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 2
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    running = Simulator.start(tmp_path / "k", "--secret-file", str(secret))
    assert running.pay()[0] == 200
    assert running.stop() == 0
