"""The subscribers' side of the SMSC simulator: what their handsets received, and what they answer; nothing of the suite."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from carillon_deploy.errors import CommandError
from svc_channel.simulators.messages.journal import Accepted, read_journal

# One line of the control socket carries that many answers at most.
ANSWERS_AT_ONCE = 500
CONTROL_TIMEOUT_SECONDS = 30.0
_POLL_SECONDS = 0.2
LINK = re.compile(r"https?://\S+/r/([A-Za-z0-9]+)")


def received_texts(journal: Path, numbers: Collection[str]) -> dict[str, list[str]]:
    """The texts that each of `numbers` (digits without a plus) received; parts of a long text are put together."""
    parts: dict[tuple[str, int | None], dict[int, str]] = defaultdict(dict)
    texts: dict[str, list[str]] = defaultdict(list)
    for record in read_journal(journal):
        if not isinstance(record, Accepted) or record.destination not in numbers:
            continue
        decoded = record.decoded
        if decoded.part is None:
            texts[record.destination].append(decoded.text)
            continue
        known = parts[record.destination, decoded.part.reference]
        known[decoded.part.number] = decoded.text
        if len(known) == decoded.part.total:
            texts[record.destination].append("".join(known[number] for number in sorted(known)))
    return texts


def find_token(texts: Sequence[str]) -> str | None:
    """The token of the tracked link in what a handset received last."""
    for text in reversed(texts):
        if found := LINK.search(text):
            return found.group(1)
    return None


async def answer_by_mo(control: Path, answers: Iterable[tuple[str, str, str]]) -> int:
    """Sends (from, to, text) as subscribers' own messages; tells how many the simulator took."""
    waiting = [{"from": source, "to": destination, "text": text} for source, destination, text in answers]
    taken = 0
    for start in range(0, len(waiting), ANSWERS_AT_ONCE):
        batch = waiting[start : start + ANSWERS_AT_ONCE]
        taken += len((await ask_simulator(control, {"op": "mo", "messages": batch}))["numbers"])
    return taken


async def ask_simulator(control: Path, request: dict[str, Any]) -> dict[str, Any]:
    """One question to the simulator's control socket, asked again while a killed simulator comes back.

    Answers sent twice that way are two MOs of one subscriber, as an impatient one sends them.
    """
    async with asyncio.timeout(CONTROL_TIMEOUT_SECONDS):
        while (line := await _ask_once(control, json.dumps(request).encode("ascii") + b"\n")) is None:  # noqa: ASYNC110 - another process, nothing to await
            await asyncio.sleep(_POLL_SECONDS)
    answer: dict[str, Any] = json.loads(line)
    if not answer["ok"]:
        msg = f"the SMSC simulator refused {request['op']}: {answer['error']}"
        raise CommandError(msg)
    return answer


async def _ask_once(control: Path, request: bytes) -> bytes | None:
    """The simulator's answer, or nothing when it is not there or goes away meanwhile."""
    try:
        reader, writer = await asyncio.open_unix_connection(control)
        try:
            writer.write(request)
            await writer.drain()
            line = await reader.readline()
        finally:
            writer.close()
    except OSError:
        return None
    return line if line.endswith(b"\n") else None
