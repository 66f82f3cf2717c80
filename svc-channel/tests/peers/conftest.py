"""What the peers of this folder share: packages of other people, fetched once a run."""

import subprocess
import sys
from pathlib import Path

import pytest

# Apache licence, CMPP 3.0; and GPL, CMPP 2.1: run beside us, never imported.
CMPP_PACKAGES = ("cmppy==0.3", "pycmpp==2.0.2")
INSTALL_SECONDS = 120


@pytest.fixture(scope="session")
def cmpp_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both; where they can't be had, all tests with them leave themselves out."""
    folder = tmp_path_factory.mktemp("cmpp-packages")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *CMPP_PACKAGES]
    try:
        pip = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)  # noqa: S603 -- our own words
    except subprocess.TimeoutExpired:
        pytest.skip(f"pip could not fetch {CMPP_PACKAGES} within {INSTALL_SECONDS} s")
    if pip.returncode != 0:
        pytest.skip(f"pip could not fetch {CMPP_PACKAGES}: {pip.stderr[-200:]}")
    return folder
