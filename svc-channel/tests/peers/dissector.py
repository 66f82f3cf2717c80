"""Runs Wireshark's dissectors over octets of ours: an oracle that shares no code with us; opens no connection."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest


def dissect(frames: list[bytes], folder: Path, *, protocol: str, prefixes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each frame as one TCP segment, and the fields tshark finds in the layers of ``prefixes``, without those prefixes.

    Skips the test where tshark is not installed. What tshark can't read has the field ``malformed``.
    """
    capture = capture_frames(frames, folder)
    lines = run("tshark", "-r", str(capture), "-d", f"tcp.port==2775,{protocol}", "-T", "ek").splitlines()
    packets = [json.loads(line)["layers"] for line in lines if '"layers"' in line]
    return [_fields(packet, prefixes) for packet in packets]


def capture_frames(frames: list[bytes], folder: Path) -> Path:
    """A capture of each frame as one TCP segment to port 2775. Skips the test where tshark is not installed."""
    if shutil.which("tshark") is None or shutil.which("text2pcap") is None:
        pytest.skip("tshark is not installed (Debian: tshark)")
    dump = "".join(
        "".join(f"{at:06x} {frame[at : at + 16].hex(' ')}\n" for at in range(0, len(frame), 16)) + "\n"
        for frame in frames
    )
    text, capture = folder / "frames.txt", folder / "frames.pcap"
    text.write_text(dump)
    run("text2pcap", "-q", "-T", "5000,2775", str(text), str(capture))
    return capture


def run(*command: str) -> str:
    """What a command says."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)  # noqa: S603 -- our own octets
    return done.stdout


def _fields(layers: dict[str, Any], prefixes: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for layer, values in layers.items():
        if layer.startswith("_ws"):
            found["malformed"] = values
        if layer in prefixes:
            for name, value in values.items():
                found[name.removeprefix(prefixes[layer])] = value
    return found
