"""An ISMG of CMPP 2.1 made of pycmpp, in a process of its own; knows nothing of our code.

``cmpp_gateway.py SOURCE SECRET`` serves on a free port of 127.0.0.1 and says JSON, a line a thing. pycmpp makes the CONNECT
that it would have sent itself, reads SUBMITs and asks whether we live; what it can't write, an ISMG's answers and
deliveries, is written here a second time, by the layouts of the specification.
"""

import contextlib
import hashlib
import importlib
import json
import socket
import struct
import sys
import threading
from typing import Any

CONNECT, TERMINATE, SUBMIT, DELIVER, ACTIVE_TEST = 1, 2, 4, 5, 8
RESPONSE = 0x80000000
WRONG_SECRET, BUSY = 3, 8
VERSION = 0x21
MESSAGE_ID = 0xBAD5E00004D20007


def say(**said: Any) -> None:
    """One line."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


class Gateway:
    """One connection."""

    def __init__(self, connection: socket.socket, source: str, secret: str) -> None:
        self._connection = connection
        self._source, self._secret = source, secret
        self._request: Any = importlib.import_module("pycmpp.request")
        self._busy_once = True
        self._deliveries = 0

    def serve(self) -> None:
        """Until the other side goes."""
        stream = self._connection.makefile("rb")
        while len(head := stream.read(12)) == 12:
            length, command, sequence = struct.unpack("!LLL", head)
            self._take(command, sequence, head + stream.read(length - 12))

    def _take(self, command: int, sequence: int, frame: bytes) -> None:
        if command == CONNECT:
            self._greet(sequence, frame)
        elif command == SUBMIT:
            self._submit(sequence, frame)
        elif command == TERMINATE:
            say(kind="terminate", length=len(frame))
            self._send(TERMINATE | RESPONSE, sequence, b"")
        else:
            say(kind="answer", command=command & ~RESPONSE, sequence=sequence, body=frame[12:].hex())

    def _greet(self, sequence: int, frame: bytes) -> None:
        """Takes a CONNECT that has every octet of the one that pycmpp would send at that moment."""
        moment = struct.unpack("!L", frame[35:39])[0]
        self._request.get_string_time = lambda: f"{moment:010d}"
        wanted = self._request.ConnectRequestInstance().create(self._source, self._secret)[12:]
        status = 0 if frame[12:] == wanted else WRONG_SECRET
        proof = hashlib.md5(bytes([status]) + frame[18:34] + self._secret.encode()).digest()  # noqa: S324 -- the protocol's
        say(kind="connect", status=status)
        self._send(CONNECT | RESPONSE, sequence, bytes([status]) + proof + bytes([VERSION]))

    def _submit(self, sequence: int, frame: bytes) -> None:
        read = self._request.SubmitRequestInstance().resolve(frame)
        say(kind="submit", **{name: value for name, value in read.items() if name != "msg_id"})
        if self._busy_once:
            self._busy_once = False
            self._send(SUBMIT | RESPONSE, sequence, struct.pack("!QB", 0, BUSY))
            return
        self._send(SUBMIT | RESPONSE, sequence, struct.pack("!QB", MESSAGE_ID, 0))
        number = read["dest_terminal_id"].rstrip("\0").encode()
        moment = b"2611221200"
        report = struct.pack("!Q7s10s10s21sL", MESSAGE_ID, b"DELIVRD", moment, moment, number, 9)
        self._deliver(number, report, is_report=True)
        self._deliver(number, "我要彩铃".encode("gbk"), is_report=False)
        self._connection.sendall(self._request.ActiveTestRequestInstance().create())

    def _deliver(self, number: bytes, content: bytes, *, is_report: bool) -> None:
        self._deliveries += 1
        gbk = 0 if is_report else 15
        fixed = struct.pack(
            "!Q21s10s3B21s2B",
            MESSAGE_ID + self._deliveries,
            b"10086",
            b"CVM",
            0,
            0,
            gbk,
            number,
            is_report,
            len(content),
        )
        self._send(DELIVER, 70_000 + self._deliveries, fixed + content + bytes(8))

    def _send(self, command: int, sequence: int, body: bytes) -> None:
        self._connection.sendall(struct.pack("!LLL", 12 + len(body), command, sequence) + body)


def main(source: str, secret: str) -> None:
    """Serves for ever."""
    server = socket.create_server(("127.0.0.1", 0))
    say(port=server.getsockname()[1])
    while True:
        connection, _ = server.accept()

        def serve(connection: socket.socket = connection) -> None:
            with contextlib.suppress(OSError), connection:
                Gateway(connection, source, secret).serve()

        threading.Thread(target=serve, daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
