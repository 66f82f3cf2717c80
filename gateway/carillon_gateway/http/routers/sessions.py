"""Sessions over HTTP: the turns of a USSD gateway, an IVR and the hotline, and the menus; svc-channel decides."""

from typing import Annotated

from fastapi import APIRouter, Path

from carillon.channel.v1 import session_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import Call, CallDep, GuardedRoute
from carillon_gateway.http.models.sessions import (
    Menu,
    MenuDefinition,
    Menus,
    Pushed,
    PushMenu,
    Screen,
    Turn,
    parse_menu,
    parse_turn,
    render_menu,
    render_menus,
    render_screen,
)
from carillon_gateway.http.numbers import normalise_msisdn

router = APIRouter(prefix="/api/v1", tags=["sessions"], route_class=GuardedRoute)
MenuName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["main-zh"])]


@router.post("/channel/ussd", summary="Take a turn of a USSD session")
async def take_ussd_turn(body: Turn, call: CallDep) -> Screen:
    """The screen that the turn leads to, at most 182 characters of GSM 03.38 or 91 of UCS2 (CHN-12).

    The answer to a push is a turn with op input in the session that the network began for it.
    """
    return await _take(body, call, "ussd")


@router.post("/ussd-pushes", status_code=202, summary="Push a menu by USSD")
async def push_menu(body: PushMenu, call: CallDep) -> Pushed:
    """The menu's first screen goes out as a service message; its answer goes on with the session (CHN-12)."""
    request = session_pb2.PushMenuRequest(
        request_id=call.request_id, msisdn=normalise_msisdn(body.msisdn), code=body.code
    )
    answer = await invoke(call.peers.sessions.PushMenu, request)
    return Pushed(session_id=answer.session_id, text=answer.text)


@router.post("/channel/ivr", summary="Take a turn of an IVR call")
async def take_ivr_turn(body: Turn, call: CallDep) -> Screen:
    """What is spoken next: ``text`` is what was keyed, ``session`` the call."""
    return await _take(body, call, "ivr")


@router.post("/channel/hotline", summary="Take a turn of a call to the hotline")
async def take_hotline_turn(body: Turn, call: CallDep) -> Screen:
    """The hotline 12530019's menu (CHN-11, CHN-41)."""
    return await _take(body, call, "hotline")


@router.get("/menus", summary="List menus")
async def list_menus(call: CallDep) -> Menus:
    """The operator's own and those that the product ships."""
    return render_menus(await invoke(call.peers.sessions.ListMenus, session_pb2.ListMenusRequest()))


@router.get("/menus/{name}", summary="Look at a menu")
async def get_menu(name: MenuName, call: CallDep) -> Menu:
    """All of it. MENU_UNKNOWN answers 404."""
    return render_menu((await invoke(call.peers.sessions.GetMenu, session_pb2.GetMenuRequest(name=name))).menu)


@router.put("/menus/{name}", summary="Make or change a menu")
async def put_menu(name: MenuName, body: MenuDefinition, call: CallDep) -> Menu:
    """It answers from the next turn on; a name of the product's own menus takes their place.

    What would leave somebody stuck is refused with the node at fault, and so is an order without its prices (CHN-33).
    """
    request = parse_menu(name, body, request_id=call.request_id)
    return render_menu((await invoke(call.peers.sessions.PutMenu, request)).menu)


async def _take(body: Turn, call: Call, channel: str) -> Screen:
    msisdn = normalise_msisdn(body.msisdn)
    request = parse_turn(body, channel=channel, msisdn=msisdn, request_id=call.request_id)
    return render_screen(await invoke(call.peers.sessions.TakeTurn, request))
