"""Draws over HTTP, from the rule to the proof that anybody can verify; svc-reward decides who may do what and when."""

from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.responses import StreamingResponse

from carillon.reward.v1 import draw_pb2
from carillon.segment.v1 import subscriber_pb2
from carillon_chassis.client import invoke, invoke_stream
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.draws import (
    AddEntries,
    Draw,
    Drawn,
    DrawPart,
    DrawPlan,
    DrawProof,
    DrawWinners,
    EntriesAdded,
    OpenDraw,
    Seed,
    SubscribersEntered,
    VoidDraw,
    parse_draw_plan,
    render_draw,
    render_draw_winner,
    render_drawn,
    render_part,
)
from carillon_gateway.http.numbers import normalise_msisdn
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken

router = APIRouter(prefix="/api/v1/draws", tags=["draws"], route_class=GuardedRoute)

# A million entrants take seconds to freeze, to draw and to send; a slow reader of the proof takes minutes.
WORK_TIMEOUT_SECONDS = 60.0
PROOF_TIMEOUT_SECONDS = 600.0


@router.post("", status_code=201, summary="Make a draw")
async def create_draw(body: DrawPlan, call: CallDep, response: Response) -> Draw:
    """Keeps the rule as a draft. DRAW_RULE_INVALID answers 422."""
    request = draw_pb2.CreateDrawRequest(request_id=call.request_id, plan=parse_draw_plan(body))
    answer = await invoke(call.peers.draws.CreateDraw, request)
    response.headers["location"] = f"/api/v1/draws/{answer.draw.id}"
    return render_draw(answer.draw)


@router.get("/{id}", summary="Look at a draw")
async def get_draw(id: UUID, call: CallDep) -> Draw:  # noqa: A002 -- the contract's name
    """The rule, the state and what is published so far."""
    return render_draw((await invoke(call.peers.draws.GetDraw, draw_pb2.GetDrawRequest(draw_id=str(id)))).draw)


@router.post("/{id}/open", summary="Open a draw")
async def open_draw(id: UUID, body: OpenDraw, call: CallDep) -> Draw:  # noqa: A002 -- the contract's name
    """Publishes rule and commitment, and takes entries until the close. COMMITMENT_USED answers 409."""
    request = draw_pb2.OpenDrawRequest(
        request_id=call.request_id, draw_id=str(id), commitment=bytes.fromhex(body.commitment)
    )
    return render_draw((await invoke(call.peers.draws.OpenDraw, request)).draw)


@router.post("/{id}/entries", summary="Enter subscribers")
async def add_draw_entries(id: UUID, body: AddEntries, call: CallDep) -> EntriesAdded:  # noqa: A002 -- the contract's name
    """Adds up to 1,000 tickets, all or none but for unknown numbers, paid in points where the rule says so.

    DRAW_CLOSED, NOT_ELIGIBLE and INSUFFICIENT_POINTS answer 409. A portal enters where tickets cost points.
    """
    numbers = [
        normalise_msisdn(entry.msisdn, field=f"entries[{index}].msisdn") for index, entry in enumerate(body.entries)
    ]
    resolve = subscriber_pb2.ResolveNumbersRequest(msisdns=list(dict.fromkeys(numbers)))
    resolved = await invoke(call.peers.subscribers.ResolveNumbers, resolve)
    known = {entry.msisdn: entry.subscriber_id for entry in resolved.entries}
    entries = [
        draw_pb2.DrawEntry(subscriber_id=known[number], source_key=entry.source_key)
        for number, entry in zip(numbers, body.entries, strict=True)
        if number in known
    ]
    unknown = [index for index, number in enumerate(numbers) if number not in known]
    if not entries:
        return EntriesAdded(added=0, standing=0, unknown=unknown)
    request = draw_pb2.AddEntriesRequest(
        request_id=call.request_id, draw_id=str(id), entries=entries, subscribed_month=body.subscribed_month or ""
    )
    answer = await invoke(call.peers.draws.AddEntries, request)
    return EntriesAdded(added=answer.added, standing=answer.standing, unknown=unknown)


@router.post("/{id}/subscribers", status_code=202, summary="Enter a month's subscribers")
async def enter_subscribers(id: UUID, call: CallDep) -> SubscribersEntered:  # noqa: A002 -- the contract's name
    """Enters, by a job, everybody who was subscribed in the month before the draw's (RWD-09).

    MONTH_NOT_OVER, DRAW_WITHOUT_MONTH and DRAW_SELLS_TICKETS answer 409.
    """
    request = draw_pb2.EnterSubscribersRequest(request_id=call.request_id, draw_id=str(id))
    answer = await invoke(call.peers.draws.EnterSubscribers, request, timeout_seconds=WORK_TIMEOUT_SECONDS)
    return SubscribersEntered(
        service=answer.service, subscribed_month=answer.subscribed_month, subscribers=answer.subscribers
    )


@router.post("/{id}/freeze", summary="Freeze the entrants")
async def freeze_draw(id: UUID, call: CallDep) -> Draw:  # noqa: A002 -- the contract's name
    """Publishes the entrants' Merkle root, from the close on; the service does so by itself. DRAW_CLOSES_LATER answers 409."""
    request = draw_pb2.FreezeDrawRequest(request_id=call.request_id, draw_id=str(id))
    return render_draw((await invoke(call.peers.draws.FreezeDraw, request, timeout_seconds=WORK_TIMEOUT_SECONDS)).draw)


@router.post("/{id}/contribute", summary="Contribute the second seed")
async def contribute_seed(id: UUID, body: Seed, call: CallDep) -> Draw:  # noqa: A002 -- the contract's name
    """From frozen to seeded, by another person than made or opened it: SECOND_PARTY_REQUIRED answers 403."""
    request = draw_pb2.ContributeSeedRequest(request_id=call.request_id, draw_id=str(id), seed=bytes.fromhex(body.seed))
    return render_draw((await invoke(call.peers.draws.ContributeSeed, request)).draw)


@router.post("/{id}/reveal", summary="Reveal the first seed and draw")
async def reveal_draw(id: UUID, body: Seed, call: CallDep) -> Drawn:  # noqa: A002 -- the contract's name
    """From seeded to drawn. SEED_NOT_COMMITTED answers 422, REVEAL_MISSED 409."""
    request = draw_pb2.RevealDrawRequest(request_id=call.request_id, draw_id=str(id), seed=bytes.fromhex(body.seed))
    return render_drawn(await invoke(call.peers.draws.RevealDraw, request, timeout_seconds=WORK_TIMEOUT_SECONDS))


@router.post("/{id}/void", summary="End a draw without winners")
async def void_draw(id: UUID, body: VoidDraw, call: CallDep) -> Draw:  # noqa: A002 -- the contract's name
    """Before it is drawn, with a public reason; once entrants are frozen only by somebody who had no part in it."""
    request = draw_pb2.VoidDrawRequest(request_id=call.request_id, draw_id=str(id), reason=body.reason)
    return render_draw((await invoke(call.peers.draws.VoidDraw, request)).draw)


@router.get("/{id}/winners", summary="List the winners")
async def list_draw_winners(
    id: UUID,  # noqa: A002 -- the contract's name
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> DrawWinners:
    """Awards in their order, by token; fulfilment hands them over."""
    request = draw_pb2.ListWinnersRequest(draw_id=str(id), page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.draws.ListWinners, request)
    winners = [render_draw_winner(winner) for winner in answer.winners]
    return DrawWinners(winners=winners, next_page_token=answer.next_page_token)


@router.get("/{id}/entrants/{msisdn}", summary="Find a subscriber's own tickets")
async def get_draw_entrant(id: UUID, msisdn: str, call: CallDep) -> DrawPart:  # noqa: A002 -- the contract's name
    """The token to look for in the proof, and what it won. ENTRANT_UNKNOWN answers 404, DRAW_NOT_FROZEN 409."""
    subscriber_id = await call.peers.subscriber_id(normalise_msisdn(msisdn))
    request = draw_pb2.GetEntrantRequest(draw_id=str(id), subscriber_id=subscriber_id)
    return render_part(await invoke(call.peers.draws.GetEntrant, request))


@router.get("/{id}/proof", summary="Take a draw's proof", response_model=DrawProof)
async def get_draw_proof(id: UUID, call: CallDep) -> Response:  # noqa: A002 -- the contract's name
    """What the stand-alone verifier needs, as a file; nobody's number is in it. DRAW_NOT_OPEN answers 409."""
    request = draw_pb2.GetProofRequest(draw_id=str(id))
    pieces = invoke_stream(call.peers.draws.GetProof, request, timeout_seconds=PROOF_TIMEOUT_SECONDS)
    # The first piece comes before the answer's status is sent, so that a refusal can still be one.
    first = (await anext(pieces)).piece

    async def body() -> AsyncIterator[bytes]:
        yield first
        async for answer in pieces:
            yield answer.piece

    headers = {"content-disposition": f'attachment; filename="draw-{id}.json"'}
    return StreamingResponse(body(), media_type="application/json", headers=headers)
