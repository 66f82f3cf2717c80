"""A simulator's control socket: JSON lines that inject MOs and ask for counts; must not be reachable over a network.

``{"op":"mo","from":"8613800138000","to":"10086","text":"yes"}`` answers ``{"ok":true,"number":7}`` once it is durable;
``{"op":"mo","messages":[{"from":..,"to":..,"text":..},...]}`` takes many at once and answers ``{"ok":true,"numbers":[..]}``;
``{"op":"ussd","from":..,"to":..,"text":"*100#","session":5,"sequence":0,"operation":1}`` sends a turn of a USSD session,
with ``"last":true`` the last one; ``{"op":"screens","from":..,"session":5}`` answers what that phone was shown.
``{"op":"stats"}`` answers the counts. What is refused answers ``{"ok":false,"error":"..."}``.
"""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Final

from carillon_chassis.errors import InvalidInput
from svc_channel.simulators.messages.exchange import Exchange, InboundText
from svc_channel.simulators.messages.mailbox import OwedTurn

# Ten thousand texts of ordinary length in one line.
_LONGEST_LINE: Final = 4 * 1024 * 1024
# A number of E.164 or a service's own, in every protocol.
_LONGEST_NUMBER: Final = 20


async def serve_control(path: Path, exchange: Exchange) -> asyncio.Server:
    """Listens on a unix socket that only this user may open; a socket left by a killed process is replaced."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(_perform(line, exchange)).encode("ascii") + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # the peer has gone, or sent a line over the limit: there is nobody left to answer
        finally:
            writer.close()

    _remove_stale(path)
    before = os.umask(0o077)
    try:
        return await asyncio.start_unix_server(answer, path, limit=_LONGEST_LINE)
    finally:
        os.umask(before)


def _remove_stale(path: Path) -> None:
    path.unlink(missing_ok=True)


def _perform(line: bytes, exchange: Exchange) -> dict[str, Any]:
    try:
        request = json.loads(line)
        operation = request["op"]
        if operation == "stats":
            return {"ok": True, **_stats(exchange)}
        if operation == "mo":
            return _inject(request, exchange)
        if operation in {"ussd", "screens"} and not exchange.has_sessions:
            raise ValueError("this protocol has no sessions")  # noqa: TRY301 -- refused as every wrong request is
        if operation == "ussd":
            exchange.send_turn(_turn(request))
            return {"ok": True}
        if operation == "screens":
            return {"ok": True, "screens": exchange.screens.get((request["from"], request["session"]), [])}
    except (ValueError, KeyError, TypeError, InvalidInput) as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}
    return {"ok": False, "error": "op is mo, ussd, screens or stats"}


def _inject(request: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    if "messages" in request:
        return {"ok": True, "numbers": exchange.inject([_text(message) for message in request["messages"]])}
    return {"ok": True, "number": exchange.inject([_text(request)])[0]}


def _text(message: dict[str, Any]) -> InboundText:
    source, destination, text = message["from"], message["to"], message["text"]
    for number in (source, destination):
        if not (isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
            raise ValueError("from and to are digits without +, at most 20")
    if not isinstance(text, str):
        raise ValueError("text is a string")  # noqa: TRY004 -- one kind of refusal for one kind of fault
    return InboundText(source=source, destination=destination, text=text)


def _turn(request: dict[str, Any]) -> OwedTurn:
    told = _text(request)
    octets = [request[name] for name in ("operation", "session", "sequence")]
    if not all(isinstance(octet, int) and 0 <= octet <= 0xFF for octet in octets):  # noqa: PLR2004 -- the largest octet
        raise ValueError("operation, session and sequence are octets")
    operation, session, sequence = octets
    return OwedTurn(
        source=told.source,
        destination=told.destination,
        text=told.text,
        operation=operation,
        session=session,
        sequence=sequence,
        is_last=bool(request.get("last")),
    )


def _stats(exchange: Exchange) -> dict[str, int]:
    counts = exchange.counts
    return {
        "accepted": counts.accepted,
        "receipts_wanted": counts.receipts_wanted,
        "receipts_acknowledged": counts.receipts_acknowledged,
        "inbound": counts.inbound,
        "inbound_acknowledged": counts.inbound_acknowledged,
        "owed": exchange.owed,
        "receivers": exchange.receivers,
        **exchange.tallies,
    }
