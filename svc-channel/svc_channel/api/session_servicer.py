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
from svc_channel.app.put_menu import put_menu
from svc_channel.app.turns import Turns
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


class SessionServicer(session_pb2_grpc.SessionServiceServicer):
    """Turns and menus."""

    def __init__(self, database: Database, turns: Turns, menus: MenuBook, clock: Clock) -> None:
        self._database = database
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
        )
        taken = await self._turns.take(turn)
        session_id = str(taken.session_id) if taken.session_id else ""
        return session_pb2.TakeTurnResponse(session_id=session_id, text=taken.screen.text, ends=taken.screen.ends)

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
