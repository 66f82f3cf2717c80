"""Rows of content messages as batches carry them; must not say what the contents mean."""

from collections.abc import Sequence

import pyarrow as pa

from .house import ipc


def push_rows(rows: Sequence[tuple[int, bytes]], *, text: str = "") -> bytes:
    """Whom, and what each is sent, as one Arrow IPC stream."""
    ids = pa.array([subscriber_id for subscriber_id, _ in rows], pa.uint32())
    texts = pa.array([text] * len(rows), pa.string())
    contents = pa.array([content for _, content in rows], pa.binary())
    return ipc(pa.table({"subscriber_id": ids, "text": texts, "content": contents}))
