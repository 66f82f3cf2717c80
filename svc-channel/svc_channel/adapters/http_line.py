"""A line whose every part is one HTTP request and its answer; must not know what the requests say or keep messages.

One client keeps its connections for the life of the line. What breaks tells what is known: a connection that did not
come about took nothing, an answer that did not come leaves its part in doubt.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol

import httpx

from carillon_chassis.errors import Unavailable
from svc_channel.adapters.line import (
    LineAnswer,
    LineDelivery,
    LineReceived,
    LineRefused,
    LinkLost,
    Outgoing,
    OutgoingPart,
    Token,
)
from svc_channel.domain.fallback import NO_ANSWER
from svc_channel.domain.message import PartState
from svc_channel.domain.receipt import PartReceipt
from svc_channel.domain.submission import Answer

# An answer is a short document; whatever is longer is none.
ANSWER_LIMIT = 64 * 1024
# Wrong credentials do not get better by trying them again.
REFUSED_PAUSE_SECONDS = 30.0

# The client's own line a request would drown all others; what becomes of requests is counted by the booker.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """One peer behind one address; ``window`` is how many requests are open at once, one connection each."""

    name: str
    url: str
    window: int = 1
    timeout_seconds: float = 10.0
    # For the first connection: an absent peer is waited for by the keeper.
    open_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class PeerAnswer:
    """What the peer said to one part; ``state`` is what became of an accepted one, where the answer says that too."""

    answer: Answer
    peer_id: str = ""
    reason: str = ""
    state: PartState | None = None


class Barred(Exception):
    """The peer does not let us in (401, 403): nothing that we send would be taken."""


def read_status(status: int, *, peer: str) -> PeerAnswer | None:
    """What a status alone says, whatever the peer speaks: 429 and 503 ask for patience. None where its body decides.

    Raises Barred on 401 and 403.
    """
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        raise Barred(f"{peer} answers {status}")
    if status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
        return PeerAnswer(Answer.THROTTLED, reason=f"HTTP_{status}")
    return None


def without_words(status: int) -> PeerAnswer:
    """What a status means whose body says nothing: 5xx passes away, everything else is for good."""
    passing = status >= httpx.codes.INTERNAL_SERVER_ERROR
    return PeerAnswer(Answer.TRANSIENT if passing else Answer.REFUSED, reason=f"HTTP_{status}")


class Exchange(Protocol):
    """What one protocol puts into requests and reads out of answers."""

    repeatable: bool
    """Whether the peer knows a request that is sent again, so that a lost answer leaves nothing in doubt."""

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """The one part of a message; PartRefused for what the peer can't take."""
        ...

    async def request(self, part: OutgoingPart) -> httpx.Request:
        """The request of a part. Raises PartRefused when it turns out that there is none, Unavailable for now."""
        ...

    def read(self, part: OutgoingPart, status: int, body: bytes) -> PeerAnswer:
        """What an answer means. Raises Barred."""
        ...


class HttpPeer(Generic[Token]):
    """What HTTP lines are opened to, one after another."""

    def __init__(
        self, settings: HttpSettings, exchange: Exchange, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = settings.name
        self._settings = settings
        self._exchange = exchange
        self._monotonic = monotonic
        self._barred_until = 0.0

    def cut(self, message: Outgoing) -> Sequence[OutgoingPart]:
        """One part a message: a request holds what many short messages would."""
        return self._exchange.cut(message)

    async def open(self) -> "HttpLine[Token]":
        """A line, if somebody listens. Raises LinkLost when nobody does, LineRefused while we are barred."""
        wait_seconds = self._barred_until - self._monotonic()
        if wait_seconds > 0:
            raise LineRefused("the peer refused our credentials", wait_seconds=wait_seconds)
        url = httpx.URL(self._settings.url)
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            async with asyncio.timeout(self._settings.open_seconds):
                _, writer = await asyncio.open_connection(url.host, port)
        except (OSError, TimeoutError) as error:
            detail = f"{url.host}:{port}: {str(error) or 'no answer in time'}"
            raise LinkLost(reason="CONNECT_FAILED", detail=detail) from error
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return HttpLine(self._settings, self._exchange, barred=self._bar)

    def _bar(self) -> None:
        self._barred_until = self._monotonic() + REFUSED_PAUSE_SECONDS


class HttpLine(Generic[Token]):
    """One client of one peer, with at most ``window`` requests open."""

    def __init__(self, settings: HttpSettings, exchange: Exchange, *, barred: Callable[[], None]) -> None:
        limits = httpx.Limits(max_connections=settings.window, max_keepalive_connections=settings.window)
        self._client = httpx.AsyncClient(timeout=settings.timeout_seconds, limits=limits, trust_env=False)
        self._exchange = exchange
        self._window = settings.window
        self._barred = barred
        self._open: dict[asyncio.Task[None], Token] = {}
        self._answers: list[LineAnswer[Token]] = []
        self._ends: list[LineDelivery] = []
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._loss: LinkLost[Token] | None = None

    @property
    def in_flight(self) -> int:
        """Requests without an answer."""
        return len(self._open)

    @property
    def lost(self) -> bool:
        """True once the line is over."""
        return self._loss is not None

    async def submit(self, token: Token, part: OutgoingPart) -> None:
        """Sends one request as soon as the window has a place. Raises LinkLost, PartRefused."""
        try:
            request = await self._exchange.request(part)
        except Unavailable as error:
            # What the request is made of is away; nothing was sent, and the next try may find it.
            self._answer(LineAnswer(token, Answer.THROTTLED, reason=error.reason))
            return
        while len(self._open) >= self._window and self._loss is None:
            self._room.clear()
            await self._room.wait()
        if self._loss is not None:
            raise self._loss
        task = asyncio.create_task(self._ask(token, part, request))
        self._open[task] = token
        task.add_done_callback(self._done)

    async def receive(self) -> LineReceived[Token]:
        """The answers since the last receive, and the ends that they tell; after the line's end LinkLost."""
        while not self._answers:
            if self._loss is not None:
                await self._client.aclose()
                raise self._loss
            self._changed.clear()
            await self._changed.wait()
        answers, self._answers = self._answers, []
        ends, self._ends = self._ends, []
        return LineReceived(answers, ends)

    def respond(self, deliveries: Iterable[LineDelivery], *, kept: bool = True) -> None:
        """Nothing: what such a peer tells us comes to the gateway as a request of its own."""

    async def unbind(self, *, drain_seconds: float) -> tuple[Token, ...]:
        """Waits for open answers and closes; gives the tokens still in doubt."""
        if self._open:
            await asyncio.wait(set(self._open), timeout=drain_seconds)
        self._lose("UNBOUND", "closed by us")
        await self._client.aclose()
        return self._loss.in_doubt if self._loss is not None else ()

    async def _ask(self, token: Token, part: OutgoingPart, request: httpx.Request) -> None:
        try:
            async with asyncio.timeout(self._client.timeout.read):
                response = await self._client.send(request, stream=True)
                body = await read_body(response)
            said = self._exchange.read(part, response.status_code, body)
        except Barred as error:
            self._barred()
            self._lose("BARRED", str(error), but=token)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            self._lose("CONNECTION_LOST", f"{type(error).__name__}: {error}", but=token)
        except (httpx.HTTPError, TimeoutError) as error:
            kind = Answer.TRANSIENT if self._exchange.repeatable else Answer.LOST
            self._answer(LineAnswer(token, kind, reason=f"{NO_ANSWER}{type(error).__name__}"))
        else:
            if said.state is not None:
                receipt = PartReceipt(smsc_id=said.peer_id, msisdn=f"+{part.destination}", state=said.state)
                self._ends.append(LineDelivery(0, receipt=receipt))
            self._answer(LineAnswer(token, said.answer, said.peer_id, said.reason))

    def _answer(self, answer: LineAnswer[Token]) -> None:
        self._answers.append(answer)
        self._changed.set()

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._open.pop(task, None)
        self._room.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # A bug of ours: the line ends, so that nothing waits for this answer for ever.
            self._lose("BROKEN_EXCHANGE", f"{type(error).__name__}: {error}")

    def _lose(self, reason: str, detail: str, *, but: Token | None = None) -> None:
        """Ends the line: every open request is in doubt, ``but`` the one that surely was not taken.

        None is where requests may be repeated: all of them come again.
        """
        if self._loss is not None:
            return
        in_doubt = () if self._exchange.repeatable else tuple(one for one in self._open.values() if one is not but)
        self._loss = LinkLost(reason=reason, detail=detail, in_doubt=in_doubt)
        for task in list(self._open):
            if self._open[task] is not but:
                task.cancel()
        self._changed.set()
        self._room.set()


async def read_body(response: httpx.Response) -> bytes:
    """The body up to ANSWER_LIMIT; of a longer one its beginning, which nobody will take for an answer."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > ANSWER_LIMIT:
                return bytes(body[:ANSWER_LIMIT])
    finally:
        await response.aclose()
    return bytes(body)
