"""Where state lives: defaults, overrides, and the 107 bytes of a unix socket's path."""

import os
import stat
from pathlib import Path

import pytest

from carillon_deploy.home import SOCKET_PATH_LIMIT_BYTES, HomeError, read_home


def test_the_home_and_the_port_come_from_the_environment(tmp_path: Path) -> None:
    home = read_home({"CARILLON_HOME": str(tmp_path / "state"), "CARILLON_PORT": "9090"})

    assert home.root == tmp_path / "state"
    assert home.url == "http://127.0.0.1:9090"


def test_the_default_home_is_var_beside_the_environment() -> None:
    home = read_home({})

    assert home.root.name == "var"
    assert home.port == 8080


@pytest.mark.parametrize("written", ["", "0", "65536", "http", "-1", "8080x"])
def test_a_port_that_is_none_is_refused_by_name(written: str, tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="CARILLON_PORT"):
        read_home({"CARILLON_HOME": str(tmp_path), "CARILLON_PORT": written})


def test_sockets_move_to_a_short_directory_when_the_checkout_lies_deep(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    home = read_home({"CARILLON_HOME": str(deep)})
    home.prepare()
    home.prepare()

    try:
        assert len(os.fsencode(home.sockets / "postgres/.s.PGSQL.5432.lock")) <= SOCKET_PATH_LIMIT_BYTES
        assert home.run.is_symlink()
        assert home.run.resolve() == home.sockets.resolve()
    finally:
        home.sockets.rmdir()


def test_a_short_home_keeps_its_sockets_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = read_home({"CARILLON_HOME": "/tmp/short"})  # noqa: S108 - nothing is made there

    assert home.sockets == home.run


def test_nobody_else_may_look_into_secrets_and_data(tmp_path: Path) -> None:
    home = read_home({"CARILLON_HOME": str(tmp_path / "var")})
    home.prepare()

    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.sockets.stat().st_mode) == 0o711


def test_a_socket_directory_that_somebody_else_prepared_is_refused(tmp_path: Path) -> None:
    home = read_home({"CARILLON_HOME": str(tmp_path / "var")})
    home.root.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    home.sockets.symlink_to(elsewhere)

    with pytest.raises(HomeError, match="belongs to somebody else"):
        home.prepare()


def test_a_home_of_another_account_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    home = read_home({"CARILLON_HOME": str(tmp_path / "var")})
    monkeypatch.setattr(Path, "chmod", refuse)

    with pytest.raises(HomeError, match="belongs to another account"):
        home.prepare()
