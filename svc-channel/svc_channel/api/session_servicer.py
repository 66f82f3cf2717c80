"""SessionService: reads requests, calls use cases, renders answers; decides nothing."""

import hashlib
import json
from typing import Any, Final

from carillon.channel.v1 import session_pb2, session_pb2_grpc
from carillon_chassis.clock import Clock
from carillon_chassis.commands import Commands
from carillon_chassis.database import Database, UnitOfWork
from carillon_chassis.errors import InvalidInput, NotFound
from carillon_chassis.identity import current_identity, require_role
from svc_channel.app.menu_book import MenuBook
from svc_channel.app.numbers import Numbers
from svc_channel.app.push_menu import begin_push, find_subscriber, push_screen
from svc_channel.app.put_menu import put_menu
from svc_channel.app.turns import Turns
from svc_channel.domain.routes import Routes
from svc_channel.domain.sessions.menu import Menu
from svc_channel.domain.sessions.menu_reading import read_menu, write_menu
from svc_channel.domain.sessions.turn import Turn, TurnKind

KINDS: Final = {
    session_pb2.TURN_KIND_BEGIN: TurnKind.BEGIN,
    session_pb2.TURN_KIND_INPUT: TurnKind.INPUT,
    session_pb2.TURN_KIND_ABORT: TurnKind.ABORT,
}
# Menus are the same for all branches, so the province keeps them.
KEEPING_ROLES: Final = ("province_admin",)
# A push reaches into somebody's hand: only who may send messages.
PUSHING_ROLES: Final = ("province_admin", "branch_operator")


class SessionServicer(session_pb2_grpc.SessionServiceServicer):
    """Turns and menus."""

    def __init__(
        self, database: Database, turns: Turns, menus: MenuBook, numbers: Numbers, routes: Routes, clock: Clock
    ) -> None:
        self._routes = routes
        self._numbers = numbers
        self._commands = Commands(database)
        self._turns = turns
        self._menus = menus
        self._clock = clock

    async def TakeTurn(  # noqa: N802 -- the name is the protocol's
        self,
        request: session_pb2.TakeTurnRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> session_pb2.TakeTurnResponse:
        """One screen."""
        turn = Turn(
            channel=request.channel,
            peer=request.msisdn,
            number=request.session,
            key=turn_key(request.request_id),
            kind=KINDS[request.kind],
            text=request.text,
            code=request.code,
            after=request.after,
        )
        taken = await self._turns.take(turn)
        session_id = str(taken.session_id) if taken.session_id else ""
        screen = taken.screen
        return session_pb2.TakeTurnResponse(
            session_id=session_id, text=screen.text, ends=screen.ends, play=screen.play, turn=taken.turn
        )

    async def PushMenu(  # noqa: N802 -- the name is the protocol's
        self,
        request: session_pb2.PushMenuRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> session_pb2.PushMenuResponse:
        """A first screen that nobody dialled for."""
        require_role(current_identity(), *PUSHING_ROLES)
        subscriber_id = await find_subscriber(self._numbers, request.msisdn)
        key = turn_key(request.request_id)
        taken = await begin_push(self._turns, msisdn=request.msisdn, code=request.code, key=key)

        async def operation(unit: UnitOfWork) -> session_pb2.PushMenuResponse:
            await push_screen(
                unit,
                taken.screen,
                subscriber_id=subscriber_id,
                msisdn=request.msisdn,
                routes=self._routes,
                now=self._clock.now(),
            )
            return session_pb2.PushMenuResponse(session_id=str(taken.session_id), text=taken.screen.text)

        return await self._commands.run(request, session_pb2.PushMenuResponse, operation)

    async def PutMenu(  # noqa: N802 -- the name is the protocol's
        self,
        request: session_pb2.PutMenuRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> session_pb2.PutMenuResponse:
        """A menu from its next turn on."""
        caller = current_identity()
        require_role(caller, *KEEPING_ROLES)
        menu = _parse_menu(request.definition)
        await self._menus.refresh(at_once=True)

        async def operation(unit: UnitOfWork) -> session_pb2.PutMenuResponse:
            version = await put_menu(unit, menu, self._menus, by=caller.subject, now=self._clock.now())
            return session_pb2.PutMenuResponse(menu=_render_menu(menu, version))

        response = await self._commands.run(request, session_pb2.PutMenuResponse, operation)
        await self._menus.refresh(at_once=True)
        return response

    async def GetMenu(  # noqa: N802 -- the name is the protocol's
        self,
        request: session_pb2.GetMenuRequest,
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> session_pb2.GetMenuResponse:
        """A menu as it stands."""
        await self._menus.refresh()
        for menu, version in self._menus.all():
            if menu.name == request.name:
                return session_pb2.GetMenuResponse(menu=_render_menu(menu, version))
        raise NotFound(reason="MENU_UNKNOWN", field="name", detail=f"there is no menu {request.name!r}")

    async def ListMenus(  # noqa: N802 -- the name is the protocol's
        self,
        request: session_pb2.ListMenusRequest,  # noqa: ARG002 -- gRPC's signature
        context: Any,  # noqa: ARG002 -- gRPC's signature
    ) -> session_pb2.ListMenusResponse:
        """All menus, shipped ones too."""
        await self._menus.refresh()
        return session_pb2.ListMenusResponse(
            menus=[
                session_pb2.MenuSummary(
                    name=menu.name,
                    language=menu.language.value,
                    codes=menu.codes,
                    nodes=len(menu.nodes),
                    version=version,
                )
                for menu, version in self._menus.all()
            ]
        )


def turn_key(request_id: str) -> str:
    """A turn's name of a fixed length: it stands in each session's row and in the keys of what the turn has done."""
    return hashlib.sha256(request_id.encode()).hexdigest()[:32]


def _parse_menu(definition: str) -> Menu:
    try:
        data = json.loads(definition)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(reason="MENU_UNREADABLE", field="definition", detail=f"not JSON: {error}") from error
    return read_menu(data)


def _render_menu(menu: Menu, version: int) -> session_pb2.Menu:
    definition = json.dumps(write_menu(menu), ensure_ascii=False)
    return session_pb2.Menu(name=menu.name, definition=definition, version=version)
