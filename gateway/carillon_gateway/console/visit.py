"""One browser's visit to one console page: who it is, in which language, and its way back; it draws nothing."""

from dataclasses import dataclass

from nicegui import app as nicegui_app
from starlette.requests import Request

from carillon_chassis.clock import Clock
from carillon_gateway.console.backend import ConsoleBackend, Session
from carillon_gateway.console.language import choose_language, parse_language
from carillon_gateway.console.sessions import Sessions
from carillon_gateway.console.texts import Speech

LANGUAGE_KEY = "language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What every visit needs; made once when the console is mounted."""

    backend: ConsoleBackend
    sessions: Sessions
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit to the page at `path`, which is relative to the console's mount."""

    door: Door
    browser_id: str
    address: str
    path: str
    say: Speech

    def session(self) -> Session | None:
        """Who is signed in now; a session may end while the page is open."""
        return self.door.sessions.find(self.browser_id, now=self.door.clock.now())

    async def sign_in(self, client_id: str, secret: str) -> None:
        """Begins a session. Raises DomainError when the client did not prove itself."""
        session = await self.door.backend.login(client_id, secret, address=self.address)
        self.door.sessions.begin(self.browser_id, session, now=self.door.clock.now())

    def sign_out(self) -> None:
        """Ends the session."""
        self.door.sessions.end(self.browser_id)


def begin_visit(door: Door, request: Request, *, path: str) -> Visit:
    """Reads the browser's id and language; a language chosen by `?lang=` is remembered in the cookie."""
    cookie = nicegui_app.storage.browser
    chosen = parse_language(request.query_params.get("lang", ""))
    if chosen is not None:
        cookie[LANGUAGE_KEY] = chosen.value
    language = parse_language(str(cookie.get(LANGUAGE_KEY, ""))) or choose_language(
        request.headers.get("accept-language", "")
    )
    return Visit(
        door=door,
        browser_id=str(cookie["id"]),
        address=request.client.host if request.client else "",
        path=path,
        say=Speech(language=language),
    )
