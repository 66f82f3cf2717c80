"""A Spark cluster of a master and two workers as processes of their own on loopback, small and ended with the test."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

WORKERS = 2
START_SECONDS = 90
INSTALL_SECONDS = 240
PACKAGES = ("pyspark>=4.0,<4.1", "py4j")
# Beside the locked environment: 400 MB that nothing else needs.
INSTALLED = Path(__file__).resolve().parents[2] / ".cache" / "spark"


class NoSparkError(Exception):
    """Why no cluster can be had here."""


def install_spark() -> Path:
    """The folder that PySpark is installed in, once for all runs; raises NoSparkError."""
    if shutil.which("java") is None:
        raise NoSparkError("Java is not installed (Debian: default-jre-headless)")
    home = INSTALLED / "pyspark"
    if not (home / "bin" / "spark-class").exists():
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
        if uv is None:
            raise NoSparkError("uv is not installed, which fetches PySpark")
        install = [uv, "pip", "install", "--quiet", "--no-deps", "--target", str(INSTALLED), *PACKAGES]
        # The machine's own certificates: behind a company's proxy uv's built-in ones know nobody.
        environment = {**os.environ, "UV_SYSTEM_CERTS": "true"}
        try:
            subprocess.run(install, check=True, capture_output=True, timeout=INSTALL_SECONDS, env=environment)  # noqa: S603 -- our own words
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise NoSparkError(f"PySpark could not be fetched: {str(error.stderr or error)[-200:]}") from error
    return home


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where the master listens, spark://127.0.0.1:port, and the folders in which the workers work."""

    address: str
    workers: tuple[Path, ...]


@contextmanager
def spark_cluster(home: Path, scratch: Path) -> Iterator[Cluster]:
    """Runs the cluster and gives it once both workers are with their master."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    cluster = Cluster(
        address=f"spark://127.0.0.1:{port}", workers=tuple(scratch / f"worker-{index}" for index in range(WORKERS))
    )
    running: list[subprocess.Popen[bytes]] = []
    try:
        master = ["org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", "0"]
        running.append(_start(home, scratch / "master.log", master))
        _wait(scratch / "master.log", "elected leader", 1)
        for folder in cluster.workers:
            worker = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", "0"]
            limits = ["--cores", "1", "--memory", "600m", "-d", str(folder), cluster.address]
            running.append(_start(home, folder.with_suffix(".log"), [*worker, *limits]))
        _wait(scratch / "master.log", "Registering worker", WORKERS)
        yield cluster
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _start(home: Path, log: Path, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_NO_DAEMONIZE": "1",
    }
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 -- our own words
            ["bash", str(home / "bin" / "spark-class"), *arguments],  # noqa: S607 -- the shell that the script names
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )


def _wait(log: Path, said: str, times: int) -> None:
    ends = time.monotonic() + START_SECONDS
    while log.read_text(errors="replace").count(said) < times:
        if time.monotonic() > ends:
            raise NoSparkError(
                f"the cluster did not start in {START_SECONDS} s: {log.read_text(errors='replace')[-500:]}"
            )
        time.sleep(0.2)
