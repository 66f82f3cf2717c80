"""Puts the console under /console of the gateway; it must not know how the backend gets its answers."""

import hashlib
import hmac
import logging
from typing import Protocol

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from nicegui import app as nicegui_app
from nicegui import ui
from pydantic import SecretStr
from starlette.requests import Request

from carillon_chassis.clock import SystemClock
from carillon_gateway.console.backend import ConsoleBackend, Session
from carillon_gateway.console.campaign_page import show_campaign
from carillon_gateway.console.campaigns_page import show_campaigns
from carillon_gateway.console.frame import FAVICON
from carillon_gateway.console.login_page import show_login
from carillon_gateway.console.markup import MOUNT_PATH
from carillon_gateway.console.missing_page import answer_missing
from carillon_gateway.console.sessions import Sessions
from carillon_gateway.console.texts import Speech
from carillon_gateway.console.visit import Door, begin_visit

COOKIE_NAME = "carillon_console"
# A page whose connection drops keeps its place this long, so a phone may change cells.
RECONNECT_SECONDS = 20.0


class ConsoleSettings(Protocol):
    """What the console reads of the gateway's settings."""

    @property
    def token_key(self) -> SecretStr:
        """The gateway's signing key; the cookie's key is derived from it and is not the same."""
        ...

    @property
    def token_lifetime_seconds(self) -> int:
        """A console session lasts as long as a token would."""
        ...


def mount_console(app: FastAPI, backend: ConsoleBackend, settings: ConsoleSettings) -> None:
    """Serves the console on `app` under /console, with deep links to /console/campaigns/{id}; once a process."""
    sessions = Sessions(lifetime_seconds=settings.token_lifetime_seconds)
    door = Door(backend=backend, sessions=sessions, clock=SystemClock())

    @app.get(MOUNT_PATH, include_in_schema=False)
    async def open_console() -> RedirectResponse:
        return RedirectResponse(f"{MOUNT_PATH}/")

    @ui.page("/")
    def open_campaigns(request: Request) -> None:
        visit = begin_visit(door, request, path="/")
        session = visit.session()
        if session is None:
            show_login(visit)
        else:
            show_campaigns(visit, who=_who(session, visit.say))

    @ui.page("/campaigns/{campaign_id}")
    def open_campaign(request: Request, campaign_id: str) -> None:
        visit = begin_visit(door, request, path=f"/campaigns/{campaign_id}")
        session = visit.session()
        if session is None:
            show_login(visit)
        else:
            show_campaign(visit, campaign_id, who=_who(session, visit.say))

    nicegui_app.add_exception_handler(404, answer_missing)
    logging.getLogger("uvicorn.error").addFilter(_names_no_page)
    ui.run_with(
        app,
        mount_path=MOUNT_PATH,
        title="Carillon",
        favicon=FAVICON,
        tailwind=False,
        reconnect_timeout=RECONNECT_SECONDS,
        storage_secret=_cookie_key(settings.token_key),
        session_middleware_kwargs={
            "session_cookie": COOKIE_NAME,
            "max_age": settings.token_lifetime_seconds,
            "path": MOUNT_PATH,
            "same_site": "lax",
        },
        show_welcome_message=False,
    )


def _names_no_page(record: logging.LogRecord) -> bool:
    """Keeps uvicorn's line for a WebSocket out of the log: its query names the open page, and who knows it may act there."""
    return "WebSocket" not in str(record.msg)


def _cookie_key(token_key: SecretStr) -> str:
    """A key of the cookie's own: who has seen one of the two keys has not seen the other."""
    return hmac.new(token_key.get_secret_value().encode(), b"carillon console cookie", hashlib.sha256).hexdigest()


def _who(session: Session, say: Speech) -> str:
    return f"{session.identity.subject} · {say(f'role_{session.role}')}"
