"""The library of what multimedia messages show, over HTTP; svc-channel keeps it."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response

from carillon.channel.v1 import resource_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput, LimitExceeded
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.resources import Rendition, Resource, render_rendition

router = APIRouter(prefix="/api/v1/resources", tags=["channel"], route_class=GuardedRoute)

# The largest multimedia message that the networks carry.
RENDITION_LIMIT_BYTES: Final = 300 * 1024
MEDIA_TYPES: Final = (
    "audio/amr",
    "audio/midi",
    "audio/mpeg",
    "image/gif",
    "image/jpeg",
    "image/png",
    "text/plain",
    "video/3gpp",
)
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["tones-2008"])]
Slot = Annotated[int, Path(ge=1, le=20, description="The slide, from 1.")]
DOCUMENT: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA_TYPES},
    }
}


@router.post("/{id}/slots/{slot}", status_code=201, summary="Add a rendition of a slide", openapi_extra=DOCUMENT)
async def add_rendition(
    id: Id,  # noqa: A002 -- the path's name for it
    slot: Slot,
    call: CallDep,
    request: Request,
    response: Response,
) -> Rendition:
    """The body is one rendition, of which a handset is shown the largest it takes (CHN-14). The same again changes nothing."""
    octets = await request.body()
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise InvalidInput(reason="RESOURCE_TYPE", field="content-type", detail=f"one of {', '.join(MEDIA_TYPES)}")
    if not octets:
        raise InvalidInput(reason="RESOURCE_SIZE", field="", detail="send the rendition as the body")
    if len(octets) > RENDITION_LIMIT_BYTES:
        raise LimitExceeded(reason="RESOURCE_SIZE", detail=f"a rendition has at most {RENDITION_LIMIT_BYTES} bytes")
    asked = resource_pb2.AddRenditionRequest(resource=id, slot=slot, media_type=media_type, octets=octets)
    answer = await invoke(call.peers.resources.AddRendition, asked)
    response.headers["location"] = f"/api/v1/resources/{id}"
    return render_rendition(answer.rendition)


@router.get("/{id}", summary="Look at a resource")
async def get_resource(
    id: Id,  # noqa: A002 -- the path's name for it
    call: CallDep,
) -> Resource:
    """Its renditions without their octets. RESOURCE_UNKNOWN answers 404."""
    answer = await invoke(call.peers.resources.GetResource, resource_pb2.GetResourceRequest(resource=id))
    return Resource(id=id, renditions=[render_rendition(one) for one in answer.renditions])
