"""Writes the sealed ledger out as lines of JSON that can be checked without the service; it must not judge it."""

import json
from collections.abc import AsyncIterator

from carillon_chassis.database import UnitOfWork
from svc_reward.domain.chain import last_link
from svc_reward.store.chain import Sealed, list_sealed, read_head
from svc_reward.store.soundness import count_unsealed

FORMAT = "carillon-ledger-1"
# Some megabytes of text at most, of which nobody holds more than one page.
EXPORT_PAGE = 2000
# What one message carries; a transfer of very many legs is one line, cut anywhere.
PIECE_BYTES = 1_048_576


async def export_ledger(unit: UnitOfWork, *, page: int = EXPORT_PAGE) -> AsyncIterator[bytes]:
    """Every sealed transfer as it is now with the link it was sealed by, in pieces of at most ``PIECE_BYTES``.

    A broken chain is written as it stands: to find where is the business of who checks it.
    """
    yield _line({"format": FORMAT})
    head = await read_head(unit)
    position = 0
    while position < head.position:
        sealed = await list_sealed(unit, after=position, limit=min(page, head.position - position))
        if not sealed:
            break
        written = b"".join(_line(_written(one)) for one in sealed)
        for start in range(0, len(written), PIECE_BYTES):
            yield written[start : start + PIECE_BYTES]
        position = sealed[-1].position
    end = {"transfers": head.position, "link": head.link.hex(), "unsealed": await count_unsealed(unit)}
    yield _line(end)


def _written(sealed: Sealed) -> dict[str, object]:
    content = sealed.content
    return {
        "position": sealed.position,
        "transfer": content.transfer,
        "header": content.header,
        "legs": list(content.legs),
        "link": last_link(sealed.links).hex(),
    }


def _line(value: dict[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"
