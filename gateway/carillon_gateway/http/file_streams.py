"""Passes a file that a service streams on to HTTP; it must not hold it whole."""

from collections.abc import AsyncIterator
from typing import Protocol

from fastapi.responses import StreamingResponse


class Piece(Protocol):
    """A message that carries bytes of a file."""

    piece: bytes


async def file_response(
    pieces: AsyncIterator[Piece], file_name: str, media_type: str = "text/csv"
) -> StreamingResponse:
    """A file as it comes. A refusal before the first piece is raised here, while it can still be a problem answer."""
    first = await anext(pieces, None)

    async def content() -> AsyncIterator[bytes]:
        if first is not None:
            yield first.piece
        async for one in pieces:
            yield one.piece

    disposition = f'attachment; filename="{file_name}"'
    return StreamingResponse(content(), media_type=media_type, headers={"content-disposition": disposition})
