"""Scenes, cells and tags over HTTP; svc-segment finds who carries which."""

from typing import Annotated

from fastapi import APIRouter, Path

from carillon.segment.v1 import tag_pb2
from carillon_chassis.client import invoke
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.shapes import Text
from carillon_gateway.http.models.tags import (
    CODE,
    CellsPut,
    PutCells,
    PutScene,
    RemoveTag,
    Scene,
    Scenes,
    Tagged,
    Tags,
    TagSegment,
    parse_scene,
    render_scene,
    render_tags,
)

router = APIRouter(prefix="/api/v1", tags=["tags"], route_class=GuardedRoute)

Code = Annotated[Text, Path(pattern=CODE, examples=["WORK"])]
# Twelve million of a tag are written anew.
WRITE_TIMEOUT_SECONDS = 120.0


@router.get("/scenes", summary="List the scenes that are watched")
async def list_scenes(call: CallDep) -> Scenes:
    """Life circles and the catchments of halls: all that location is used for."""
    answer = await invoke(call.peers.tags.ListScenes, tag_pb2.ListScenesRequest())
    return Scenes(scenes=[render_scene(scene) for scene in answer.scenes])


@router.put("/scenes/{code}", summary="Choose a scene, or change how it is watched")
async def put_scene(code: Code, body: PutScene, call: CallDep) -> Scene:
    """Who is seen in its cells on enough days carries its tag; cells and times of nobody are kept."""
    request = tag_pb2.PutSceneRequest(request_id=call.request_id, scene=parse_scene(code, body))
    answer = await invoke(call.peers.tags.PutScene, request, timeout_seconds=WRITE_TIMEOUT_SECONDS)
    return render_scene(answer.scene)


@router.delete("/scenes/{code}", status_code=204, summary="Watch a scene no longer")
async def end_scene(code: Code, call: CallDep) -> None:
    """Forgets who was in it and the tags it gave. SCENE_NOT_FOUND answers 404."""
    request = tag_pb2.EndSceneRequest(request_id=call.request_id, code=code)
    await invoke(call.peers.tags.EndScene, request, timeout_seconds=WRITE_TIMEOUT_SECONDS)


@router.post("/cells", summary="Say which scenes lie in which cells")
async def put_cells(body: PutCells, call: CallDep) -> CellsPut:
    """A cell that is told again has its new scenes alone."""
    request = tag_pb2.PutCellsRequest(
        request_id=call.request_id, cells=[tag_pb2.Cell(cell=one.cell, scenes=one.scenes) for one in body.cells]
    )
    return CellsPut(cells=(await invoke(call.peers.tags.PutCells, request)).cells)


@router.get("/tags", summary="Look at the tree of tags")
async def list_tags(call: CallDep) -> Tags:
    """How many carry each, by which sources and how surely."""
    return render_tags(await invoke(call.peers.tags.ListTags, tag_pb2.ListTagsRequest()))


@router.post("/tags", summary="Tag the members of a segment")
async def tag_segment(body: TagSegment, call: CallDep) -> Tagged:
    """Doing it again renews it. SEGMENT_NOT_FOUND answers 404."""
    request = tag_pb2.TagSegmentRequest(request_id=call.request_id, **body.model_dump())
    answer = await invoke(call.peers.tags.TagSegment, request, timeout_seconds=WRITE_TIMEOUT_SECONDS)
    return Tagged(count=answer.count)


@router.post("/tags/remove", status_code=204, summary="Take a tag from everyone")
async def remove_tag(body: RemoveTag, call: CallDep) -> None:
    """By one source, or by all. TAG_NOT_FOUND answers 404."""
    request = tag_pb2.RemoveTagRequest(request_id=call.request_id, path=body.path, source=body.source)
    await invoke(call.peers.tags.RemoveTag, request, timeout_seconds=WRITE_TIMEOUT_SECONDS)


@router.post("/tags/refresh", status_code=204, summary="Look at all scenes anew")
async def refresh_tags(call: CallDep) -> None:
    """It also happens by itself every day; doing it twice does no harm."""
    request = tag_pb2.RefreshTagsRequest(request_id=call.request_id)
    await invoke(call.peers.tags.RefreshTags, request, timeout_seconds=WRITE_TIMEOUT_SECONDS)
