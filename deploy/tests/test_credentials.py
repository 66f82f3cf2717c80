"""The issued clients and the generated secrets: one a role, kept privately, the same on every start."""

import json
import stat
from pathlib import Path

import pytest

from carillon_deploy.runner.credentials import issue_credentials
from carillon_deploy.runner.keys import SMSC_PASSWORD_LENGTH, keep_key

ROLES = {
    "province_admin",
    "branch_operator",
    "approver",
    "auditor",
    "hall_terminal",
    "agent",
    "portal",
    "affiliate",
    "partner",
}


def test_every_role_gets_a_client_and_two_branches_get_an_operator(tmp_path: Path) -> None:
    issued = issue_credentials(tmp_path / "credentials.json")

    assert {credential.role for credential in issued} == ROLES
    operators = [credential for credential in issued if credential.role == "branch_operator"]
    assert len({operator.branch for operator in operators}) == 2
    assert len({credential.client_id for credential in issued}) == len(issued)
    assert len({credential.client_secret for credential in issued}) == len(issued)


def test_the_file_has_the_contracts_shape_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    issue_credentials(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    read = json.loads(path.read_text(encoding="utf-8"))
    assert all(set(entry) == {"role", "branch", "client_id", "client_secret"} for entry in read)


def test_a_second_start_keeps_the_secrets(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"

    assert issue_credentials(path) == issue_credentials(path)


@pytest.mark.parametrize(("length", "expected"), [(None, 64), (SMSC_PASSWORD_LENGTH, 8)])
def test_a_key_is_generated_once_and_kept_privately(tmp_path: Path, length: int | None, expected: int) -> None:
    key = keep_key(tmp_path, "token-key", length=length)

    assert len(key) == expected
    assert keep_key(tmp_path, "token-key", length=length) == key
    assert stat.S_IMODE((tmp_path / "token-key").stat().st_mode) == 0o600
