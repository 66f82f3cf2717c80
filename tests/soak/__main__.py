"""`make soak`: the long forms of what the tests show in short; it prints what it found and exits 1 when anything is wrong.

Half an hour on two cores. A name after the module runs that one alone: storm, keys, spenders or models.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import uvloop
from rich.console import Console

from tests.soak import races, storm

SEQUENCES = 10_000
# Each sequence is up to twenty transactions; the whole ledger is looked over now and then.
MODELS_SECONDS = 3600
MODELS = ("svc-reward/tests/test_holds.py", "svc-reward/tests/test_lots.py", "svc-reward/tests/test_chain.py")
CONSOLE = Console(width=120)


def run_storm() -> bool:
    """A million operations under fifty kills."""
    return not storm.main().faults


def run_keys() -> bool:
    """A hundred thousand keys, three times each."""
    return _tell(uvloop.run(races.race_keys()))


def run_spenders() -> bool:
    """A hundred races for fifty."""
    return _tell(uvloop.run(races.race_spenders()))


def run_models() -> bool:
    """Holds and lots beside their reference models over ten thousand sequences each, and a hundred edits found."""
    names = "equal_the_reference_model or hundred_edits"
    command = [sys.executable, "-m", "pytest", *MODELS, "-q", "-k", names, "-o", f"timeout={MODELS_SECONDS}"]
    environment = os.environ | {"CARILLON_TEST_SEQUENCES": str(SEQUENCES)}
    return subprocess.run(command, check=False, env=environment, timeout=2 * MODELS_SECONDS).returncode == 0


def _tell(figures: races.RaceFigures) -> bool:
    told = ", ".join(f"{outcome} {number:,}" for outcome, number in figures.outcomes.most_common())
    CONSOLE.print(f"{figures.name}: {told} in {figures.seconds:.0f} s")
    for fault in figures.faults:
        CONSOLE.print(fault, style="red")
    return not figures.faults


RUNS: dict[str, Callable[[], bool]] = {
    "keys": run_keys,
    "spenders": run_spenders,
    "models": run_models,
    "storm": run_storm,
}


def main(names: list[str]) -> int:
    """Runs those named, or all; 1 when anything is wrong."""
    sound = True
    for name in names or RUNS:
        began = time.perf_counter()
        well = RUNS[name]()
        sound = sound and well
        CONSOLE.print(f"{name}: {'sound' if well else 'WRONG'}, {time.perf_counter() - began:.0f} s")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
