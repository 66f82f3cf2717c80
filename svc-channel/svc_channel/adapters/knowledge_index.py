"""Finds answers by jieba's words and BM25, in threads of its own; keeps no entries that the database has not.

jieba's dictionary takes some 80 MB and half a second, so it is loaded with the first entry that is to be found, and a
service without a knowledge base never has it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from carillon_chassis.database import Database
from carillon_chassis.errors import LimitExceeded
from svc_channel.app.knowledge import Found
from svc_channel.domain.robots.commands import normalise
from svc_channel.domain.robots.knowledge import CONFIDENCE, Audience, Entry, confidence, telling, weigh_terms
from svc_channel.store.knowledge import knowledge_version, list_entry_rows

# An entry that changed answers after so long.
FRESH_SECONDS: Final = 5.0
PAGE: Final = 1_000
# Beyond this the index would be an hour's reading for whoever keeps it, and no longer light.
ENTRIES_LIMIT: Final = 50_000
# How many of the best by BM25 are looked at closely.
CANDIDATES: Final = 5
# Questions that wait for the thread; more would not be answered in the time a person waits.
WAITING_LIMIT: Final = 2_000

logger = logging.getLogger(__name__)


class _Index:
    """The entries of one audience; built in one thread, and from then on asked in another alone."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        import bm25s  # noqa: PLC0415 -- loaded with the first entry

        self._documents: list[tuple[Entry, frozenset[str]]] = []
        lists: list[list[str]] = []
        for entry in entries:
            for question in (entry.question, *entry.variants):
                terms = split_terms(question)
                if terms:
                    lists.append(terms)
                    self._documents.append((entry, frozenset(terms)))
        self._weights = weigh_terms([document for _, document in self._documents])
        self._ranking: bm25s.BM25 | None = None
        if lists:
            self._ranking = bm25s.BM25()
            self._ranking.index(lists, show_progress=False)

    def ask(self, question: str) -> Found | None:
        """The surest of the best."""
        terms = split_terms(question)
        known = [term for term in terms if term in self._weights]
        if self._ranking is None or not known:
            return None
        best = self._ranking.retrieve([known], k=min(CANDIDATES, len(self._documents)), show_progress=False)
        found = [
            Found(entry=entry, confidence=confidence(terms, document, self._weights))
            for entry, document in (self._documents[int(place)] for place in best.documents[0])
        ]
        surest = max(found, key=lambda one: one.confidence)
        return surest if surest.confidence >= CONFIDENCE else None


class KnowledgeIndex:
    """See app.knowledge.Knowledge."""

    def __init__(self, database: Database, *, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic
        self._read_at = float("-inf")
        self._version = ""
        self._indexes: dict[Audience, _Index] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="knowledge")
        # Building takes seconds with many entries; who asks meanwhile must not wait behind it.
        self._builder = ThreadPoolExecutor(max_workers=1, thread_name_prefix="knowledge-builder")
        self._refreshing = asyncio.Lock()
        self._waiting = 0

    async def ask(self, question: str, audience: Audience) -> Found | None:
        """The best entry that is sure enough. Raises Unavailable, LimitExceeded CROWDED."""
        await self.refresh()
        index = self._indexes.get(audience)
        if index is None:
            return None
        if self._waiting >= WAITING_LIMIT:
            raise LimitExceeded(reason="CROWDED", detail="too many questions wait; try again in a moment")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, index.ask, question)
        finally:
            self._waiting -= 1

    async def refresh(self, *, at_once: bool = False) -> None:
        """Builds the indexes anew when the entries have changed; who asks meanwhile has the answers from before."""
        if self._indexes and self._refreshing.locked():
            return
        async with self._refreshing:
            moment = self._monotonic()
            if not at_once and moment - self._read_at < FRESH_SECONDS:
                return
            async with self._database.read() as unit:
                version = await knowledge_version(unit)
                entries = await self._entries() if version != self._version else None
            self._read_at = moment
            if entries is None:
                return
            loop = asyncio.get_running_loop()
            self._indexes = await loop.run_in_executor(self._builder, _build, entries)
            self._version = version
            logger.info("the knowledge base has %d entries", len(entries))

    def close(self) -> None:
        """Ends the threads."""
        for executor in (self._thread, self._builder):
            executor.shutdown(wait=False, cancel_futures=True)

    async def _entries(self) -> list[Entry]:
        entries: list[Entry] = []
        while len(entries) < ENTRIES_LIMIT:
            async with self._database.read() as unit:
                page = await list_entry_rows(unit, after=entries[-1].id if entries else None, limit=PAGE)
            entries += page
            if len(page) < PAGE:
                break
        return entries


def split_terms(text: str) -> list[str]:
    """The telling words of a text, by jieba's dictionary; loads it at the first call."""
    import jieba  # noqa: PLC0415 -- eighty megabytes that a service without entries does not need

    if not jieba.dt.initialized:
        jieba.setLogLevel(logging.WARNING)
    return telling(jieba.cut_for_search(normalise(text)))


def _build(entries: Sequence[Entry]) -> dict[Audience, _Index]:
    if not entries:
        return {}
    public = [entry for entry in entries if entry.audience is Audience.SUBSCRIBER]
    return {Audience.SUBSCRIBER: _Index(public), Audience.STAFF: _Index(entries)}
