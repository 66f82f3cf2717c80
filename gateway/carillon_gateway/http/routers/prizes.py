"""The catalogue of prizes over HTTP; svc-reward keeps it."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from carillon.reward.v1 import prize_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.prizes import AddStock, CreatePrize, Prize, Prizes, parse_prize, render_prize
from carillon_gateway.http.models.shapes import ShortText
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1/prizes", tags=["prizes"], route_class=GuardedRoute)

Code = Annotated[ShortText, Path(examples=["migu-doll"])]


@router.post("", status_code=201, summary="Put a prize into the catalogue")
async def create_prize(body: CreatePrize, call: CallDep, response: Response) -> Prize:
    """A prize with its stock (RWD-29, RWD-32). PRIZE_EXISTS answers 409."""
    request = prize_pb2.CreatePrizeRequest(request_id=call.request_id, prize=parse_prize(body), stock=body.stock)
    answer = await invoke(call.peers.prizes.CreatePrize, request)
    response.headers["location"] = f"/api/v1/prizes/{body.code}"
    return render_prize(answer.prize)


@router.get("", summary="List the prizes")
async def list_prizes(call: CallDep, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = "") -> Prizes:
    """The whole catalogue, sold out and expired prizes too."""
    request = prize_pb2.ListPrizesRequest(page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.prizes.ListPrizes, request)
    return Prizes(prizes=[render_prize(one) for one in answer.prizes], next_page_token=answer.next_page_token)


@router.get("/{code}", summary="Look at a prize")
async def get_prize(code: Code, call: CallDep) -> Prize:
    """One prize with its stock. PRIZE_UNKNOWN answers 404."""
    answer = await invoke(call.peers.prizes.GetPrize, prize_pb2.GetPrizeRequest(code=code))
    return render_prize(answer.prize)


@router.post("/{code}/stock", summary="Add to a prize's stock")
async def add_stock(code: Code, body: AddStock, call: CallDep) -> Prize:
    """More of a prize. PRIZE_UNKNOWN answers 404."""
    request = prize_pb2.AddStockRequest(request_id=call.request_id, code=code, quantity=body.quantity)
    return render_prize((await invoke(call.peers.prizes.AddStock, request)).prize)
