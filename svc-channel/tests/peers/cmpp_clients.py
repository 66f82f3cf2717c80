"""Drives CMPP clients of other people in a process of its own, as a test says on the command line; knows nothing of ours.

``three HOST PORT SOURCE SECRET TEXT``: cmppy sends one text over 3.0. ``two HOST PORT SOURCE SECRET TEXT...``: pycmpp
sends texts over 2.1. ``read HEX...``: pycmpp reads frames of 2.x. Each prints JSON.
"""

import contextlib
import importlib
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

NUMBER = "8613800138000"
# Its answers come within a moment; a stuck one must not keep a test waiting.
PATIENCE_SECONDS = 15.0


def send_by_three(host: str, port: str, source: str, secret: str, text: str) -> dict[str, Any]:
    """One connection, one SUBMIT; an empty answer when the connect is refused."""
    cmppy = importlib.import_module("cmppy")
    request = importlib.import_module("cmppy.request")
    submit = request.SubmitReq(source, text, dest_terminal_id=[NUMBER], src_id="10086", service_id="CVM")
    # It prints what it writes and reads.
    with contextlib.redirect_stdout(io.StringIO()):
        answer = cmppy.Cmppy(host, int(port), source, secret).request(submit)
    return {} if answer is None else {"result": answer.result, "message_id": answer.msg_id}


def send_by_two(host: str, port: str, source: str, secret: str, *texts: str) -> list[dict[str, Any]]:
    """One connection; a SUBMIT for each text, or several for a long one. Ends after the last answer."""
    handlers = importlib.import_module("pycmpp.handlers")
    response = importlib.import_module("pycmpp.response")
    answers: list[dict[str, Any]] = []
    # Its parts hold 64 characters, and it takes 70 for a long text already.
    expected = sum(1 if len(text) < 70 else -(-len(text) // 64) for text in texts)

    def note(handler: Any) -> None:
        read = response.SubmitResponseInstance()
        read.resolve(handler.message)
        answers.append({"result": read.status, "message_id": read.msg_id, "sequence": read.seq_id})

    handlers.CmppSubmitRespHandler.__call__ = note
    client = importlib.import_module("pycmpp.cmpp").Cmpp(host, int(port), source, secret, "10086")
    threading.Thread(target=client.run, daemon=True).start()
    time.sleep(0.5)
    for text in texts:
        client.submit(text, [NUMBER])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(answers) < expected and time.monotonic() < deadline:
        time.sleep(0.02)
    client.disconnect()
    return answers


def read_by_two(*frames: str) -> list[dict[str, Any]]:
    """SUBMITs and answers of 2.x, field by field."""
    request = importlib.import_module("pycmpp.request")
    response = importlib.import_module("pycmpp.response")
    read: list[dict[str, Any]] = []
    for frame in map(bytes.fromhex, frames):
        command = int.from_bytes(frame[4:8], "big")
        if command == 4:
            read.append(request.SubmitRequestInstance().resolve(frame))
            continue
        kinds = {0x80000001: response.ConnectResponseInstance, 0x80000004: response.SubmitResponseInstance}
        one = kinds[command]()
        one.resolve(frame)
        read.append({name: value for name, value in vars(one).items() if not isinstance(value, bytes)})
    return read


if __name__ == "__main__":
    ways: dict[str, Callable[..., Any]] = {"three": send_by_three, "two": send_by_two, "read": read_by_two}
    told = ways[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    # Its threads never end by themselves.
    os._exit(0)
