"""Keys and passwords that the runner generates once and keeps in files of mode 0600; they never go on a command line."""

import os
import secrets
from pathlib import Path

# 256 bits, printable, so that it passes through an environment variable.
_KEY_BYTES = 32
# SMPP's password field holds eight octets and a NUL.
SMSC_PASSWORD_LENGTH = 8


def keep_key(directory: Path, name: str, *, length: int | None = None) -> str:
    """The key of that name, generated and kept on first use; `length` cuts it to that many characters."""
    path = directory / name
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    key = secrets.token_hex(_KEY_BYTES)[:length]
    write_private(path, f"{key}\n")
    return key


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
