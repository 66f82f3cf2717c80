"""Pages for WAP phones: menus of sessions, and what staff ask; svc-channel answers, the operator's WAP gateway proves who reads."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query
from starlette.responses import Response

from carillon.channel.v1 import session_pb2, texting_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.mobile_pages import INPUT_LENGTH, MEDIA_TYPE, question_page, screen_page
from carillon_gateway.http.models.shapes import Text
from carillon_gateway.http.numbers import normalise_msisdn

PAGES: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {}}, "description": "A page in XHTML Mobile Profile"}
}

router = APIRouter(prefix="/wap", tags=["sessions"], route_class=GuardedRoute)
MenuName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,39}$", examples=["main-zh"])]
Reader = Annotated[Text, Header(alias="x-msisdn", max_length=20, description="Whose phone reads")]
After = Annotated[str, Query(pattern=r"^[0-9A-Za-z:._-]{0,64}$", description="The page that is answered")]


@router.get("/menus/{menu}", summary="Read a menu by WAP", response_class=Response, responses=PAGES)
async def read_wap_menu(
    menu: MenuName,
    call: CallDep,
    x_msisdn: Reader,
    after: After = "",
    text: Annotated[Text, Query(max_length=INPUT_LENGTH, description="What was picked or written")] = "",
) -> Response:
    """The same menus as by dialling, as pages with a link a choice (CHN-06).

    Without ``after`` the menu begins. A link that is tapped twice has the same page, and an old page's link shows where
    the session stands by now.
    """
    msisdn = normalise_msisdn(x_msisdn, field="x-msisdn")
    said = hashlib.sha256(f"{after}\n{text}".encode()).hexdigest()
    request = session_pb2.TakeTurnRequest(
        request_id=said if after else call.request_id,
        channel="wap",
        msisdn=msisdn,
        session=menu,
        kind=session_pb2.TURN_KIND_INPUT if after else session_pb2.TURN_KIND_BEGIN,
        text=text,
        code=menu,
        after=after,
    )
    answer = await invoke(call.peers.sessions.TakeTurn, request)
    return screen_page(answer.text, turn=answer.turn, ends=answer.ends)


@router.get("/staff", summary="Ask for sales, products and policy by WAP", response_class=Response, responses=PAGES)
async def read_wap_staff(
    call: CallDep, q: Annotated[Text, Query(max_length=INPUT_LENGTH, description="As by SMS; help if absent")] = ""
) -> Response:
    """What staff are answered by SMS, on a page: ``销量 彩铃``, ``SALES mms month``, or any question (CHN-31, CHN-32)."""
    answer = await invoke(call.peers.texting.AskAsStaff, texting_pb2.AskAsStaffRequest(question=q))
    return question_page(answer.text, title=q or "Carillon", language=answer.language)
