"""Sessions by menus in JSON: turns and menus; it must not decide what a turn leads to."""

import json
from typing import Any, Literal

from pydantic import Field

from carillon.channel.v1 import session_pb2
from carillon_chassis.errors import InvalidInput
from carillon_gateway.http.models.shapes import Answer, Body, Msisdn, ShortText, Text

INPUT_LENGTH = 500
KINDS = {
    "begin": session_pb2.TURN_KIND_BEGIN,
    "input": session_pb2.TURN_KIND_INPUT,
    "abort": session_pb2.TURN_KIND_ABORT,
}


class Turn(Body):
    """One turn of a session: somebody dials in, answers a screen, or is gone."""

    msisdn: Msisdn
    session: ShortText = Field(min_length=1, description="The network's name of the session", examples=["1f03"])
    op: Literal["begin", "input", "abort"]
    text: Text = Field(default="", max_length=INPUT_LENGTH, description="What was typed or keyed", examples=["1"])
    code: Text = Field(default="", max_length=40, description="What was dialled", examples=["*100#"])
    turn: ShortText = Field(
        default="",
        description="Names the turn within its session: the same one again has the same screen. Else Idempotency-Key does",
    )


class Screen(Answer):
    """What the subscriber sees or hears next; after ``end`` nothing more is expected."""

    session_id: str | None
    text: str
    op: Literal["continue", "end"]
    play: str | None = Field(
        description="The code of a tone to play after the text (CHN-08)", examples=["600902000000"]
    )


class PushMenu(Body):
    """A menu for a phone that did not dial."""

    msisdn: Msisdn
    code: Text = Field(default="", max_length=40, description="A menu's name or dial code; empty for the standard one")


class Pushed(Answer):
    """The first screen, on its way."""

    session_id: str
    text: str


class Extension(Body):
    """Digits dialled right after a menu's code: kept under a name, and leading to a node."""

    save: ShortText = Field(min_length=1, examples=["code"])
    to: ShortText = Field(min_length=1, examples=["tone"])


class MenuDefinition(Body):
    """A menu: nodes by name, each of kind menu, text, input or action; svc-channel says what is wrong with it."""

    language: Literal["zh", "en"]
    start: ShortText = Field(min_length=1)
    nodes: dict[ShortText, dict[str, Any]] = Field(min_length=1, max_length=200)
    codes: list[ShortText] = Field(default_factory=list, max_length=20, examples=[["*100#"]])
    timeout_seconds: int = Field(default=180, ge=1, le=86_400)
    resume_seconds: int = Field(default=600, ge=0, le=86_400)
    after_call: Text = Field(default="", max_length=300, description="The SMS to who hangs up (CHN-10)")
    extension: Extension | None = Field(default=None, description="Where digits dialled after a code lead (CAT-47)")


class Menu(Answer):
    """A menu as it stands; version 0 is one that the product ships."""

    name: str
    version: int
    language: str
    start: str
    codes: list[str]
    timeout_seconds: int
    resume_seconds: int
    after_call: str
    extension: Extension | None = None
    nodes: dict[str, dict[str, Any]]


class MenuSummary(Answer):
    """A menu without its nodes."""

    name: str
    version: int
    language: str
    codes: list[str]
    nodes: int


class Menus(Answer):
    """All menus by name."""

    menus: list[MenuSummary]


def parse_turn(body: Turn, *, channel: str, msisdn: str, request_id: str) -> session_pb2.TakeTurnRequest:
    """The request for svc-channel."""
    return session_pb2.TakeTurnRequest(
        request_id=f"{body.session}:{body.turn}" if body.turn else request_id,
        channel=channel,
        msisdn=msisdn,
        session=body.session,
        kind=KINDS[body.op],
        text=body.text,
        code=body.code,
    )


def render_screen(answer: session_pb2.TakeTurnResponse) -> Screen:
    """The screen as JSON has it."""
    return Screen(
        session_id=answer.session_id or None,
        text=answer.text,
        op="end" if answer.ends else "continue",
        play=answer.play or None,
    )


def parse_menu(name: str, body: MenuDefinition, *, request_id: str) -> session_pb2.PutMenuRequest:
    """The request for svc-channel. Raises InvalidInput MENU_UNREADABLE for half of a surrogate pair anywhere."""
    definition = json.dumps({"name": name, **body.model_dump()}, ensure_ascii=False)
    try:
        definition.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            reason="MENU_UNREADABLE", field="nodes", detail="send whole characters, no half of a surrogate pair"
        ) from error
    return session_pb2.PutMenuRequest(request_id=request_id, definition=definition)


def render_menu(menu: session_pb2.Menu) -> Menu:
    """The menu as JSON has it."""
    return Menu(version=menu.version, **json.loads(menu.definition))


def render_menus(answer: session_pb2.ListMenusResponse) -> Menus:
    """All menus as JSON has them."""
    return Menus(
        menus=[
            MenuSummary(
                name=menu.name,
                version=menu.version,
                language=menu.language,
                codes=list(menu.codes),
                nodes=menu.nodes,
            )
            for menu in answer.menus
        ]
    )
