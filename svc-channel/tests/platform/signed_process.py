"""A running simulator that signs both ways, and signed requests to it; nothing of it is used by the product."""

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
from typing import Any, ClassVar, Self

SECRET = "a secret of tests"


def sign(secret: str, method: str, path: str, stamp: str, body: bytes) -> str:
    """Written a second time, so that a mistake in one of them is seen."""
    lines = [method, path, stamp, hashlib.sha256(body).hexdigest()]
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()


@dataclass
class SignedProcess:
    """One of its own process, with its journal; ``name`` is the module's, its headers' and its variable's."""

    name: ClassVar[str]
    journal: Path
    process: "subprocess.Popen[str]"
    port: int
    stamps: Any = field(default_factory=itertools.count)

    @classmethod
    def start(cls, journal: Path, *options: str) -> Self:
        """A new one on a free port."""
        module = f"svc_channel.simulators.{cls.name}"
        process = subprocess.Popen(  # noqa: S603 -- our own module, by this Python
            [sys.executable, "-m", module, "--port", "0", "--journal", str(journal), *options],
            env={**os.environ, f"CARILLON_{cls.name.upper()}_SECRET": SECRET},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(f"ready {cls.name} 127.0.0.1:"), line
        return cls(journal=journal, process=process, port=int(line.rsplit(":", 1)[1]))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: bytes = b"", *, secret: str = SECRET, stamp: str = "", timeout: float = 10
    ) -> tuple[int, dict[str, Any], bool]:
        """Status, what it said and whether that was signed."""
        stamp = stamp or f"{int(time.time())}.{next(self.stamps)}"
        stamp_header, signature_header = f"x-{self.name}-timestamp", f"x-{self.name}-signature"
        headers = {stamp_header: stamp, signature_header: sign(secret, method, path, stamp, body)}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        signed = answer.getheader(signature_header, "") == sign(SECRET, "ANSWER", path, stamp, content)
        return answer.status, json.loads(content), signed

    def stop(self) -> int:
        """Ends it; its exit code."""
        self.process.terminate()
        return self.process.wait(10)
