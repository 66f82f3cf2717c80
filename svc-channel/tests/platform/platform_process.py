"""A running service platform simulator and signed requests to it; nothing of it is used by the product."""

import hashlib
import hmac
import http.client
import itertools
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from svc_channel.simulators.platform.book import read_openings

SECRET = "a secret of tests"
BODY = {"id": "o-1", "msisdn": "+8613800000000", "service": "CRBT"}


def sign(secret: str, method: str, path: str, stamp: str, body: bytes) -> str:
    """Written a second time, so that a mistake in one of them is seen."""
    lines = [method, path, stamp, hashlib.sha256(body).hexdigest()]
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


@dataclass
class PlatformProcess:
    """One of its own process, with its journal."""

    journal: Path
    process: "subprocess.Popen[str]"
    port: int
    stamps: Any = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes = b"", *, secret: str = SECRET, stamp: str = "", timeout: float = 10
    ) -> tuple[int, dict[str, Any], bool]:
        """Status, what it said and whether that was signed."""
        stamp = stamp or f"{int(time.time())}.{next(self.stamps)}"
        headers = {"x-platform-timestamp": stamp, "x-platform-signature": sign(secret, method, path, stamp, body)}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        signed = answer.getheader("x-platform-signature", "") == sign(SECRET, "ANSWER", path, stamp, content)
        return answer.status, json.loads(content), signed

    def open(self, *, timeout: float = 10, **changes: Any) -> tuple[int, dict[str, Any], bool]:
        """Asks to open."""
        return self.ask("POST", "/openings", json.dumps(BODY | changes).encode(), timeout=timeout)

    def stands(self) -> dict[str, str]:
        """How each opening stands in the journal."""
        return {one.id: one.result for one in read_openings(self.journal).values()}

    def stop(self) -> int:
        """Ends it; its exit code."""
        self.process.terminate()
        return self.process.wait(10)


def start_platform(journal: Path, *options: str) -> PlatformProcess:
    """A new one on a free port."""
    process = subprocess.Popen(  # noqa: S603 -- our own module, by this Python
        [sys.executable, "-m", "svc_channel.simulators.platform", "--port", "0", "--journal", str(journal), *options],
        env={**os.environ, "CARILLON_PLATFORM_SECRET": SECRET},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready platform 127.0.0.1:"), line
    return PlatformProcess(journal=journal, process=process, port=int(line.rsplit(":", 1)[1]))
