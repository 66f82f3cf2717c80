"""Snapshots over HTTP: the file is passed on in pieces to svc-segment and never held in memory.

The multipart fields may come in any order, and svc-segment wants the header first; so a file larger than a
megabyte waits in a temporary file (the setting upload_dir says where) until all fields are known.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError
from starlette.datastructures import FormData, UploadFile

from carillon.segment.v1 import snapshot_pb2
from carillon_chassis.client import invoke
from carillon_chassis.errors import InvalidInput
from carillon_gateway.http.guard import CallDep, GuardedRoute
from carillon_gateway.http.models.segments import (
    DictionaryEntry,
    Rejects,
    Snapshot,
    parse_attribute,
    render_reject,
    render_snapshot,
)
from carillon_gateway.http.models.shapes import Text
from carillon_gateway.http.paging import DEFAULT_PAGE_SIZE, PageSize, PageToken
from carillon_gateway.http.problems import field_path

router = APIRouter(prefix="/api/v1/snapshots", tags=["snapshots"], route_class=GuardedRoute)

# Half of what svc-segment takes a piece: few calls, little memory.
PIECE_BYTES = 512 * 1024
# The dictionary is the largest field: 1,000 attributes with full descriptions.
FIELD_LIMIT_BYTES = 1024 * 1024
FIELDS_LIMIT = 10
ATTRIBUTES_LIMIT = 1000
FILE_NAME_LENGTH = 255
# 8 GiB over a slow disk.
UPLOAD_TIMEOUT_SECONDS = 1800.0

AttributeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
DICTIONARY = TypeAdapter(Annotated[dict[AttributeName, DictionaryEntry], Field(max_length=ATTRIBUTES_LIMIT)])
SHORT = TypeAdapter(Annotated[Text, Field(max_length=FILE_NAME_LENGTH)])

DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "as_of"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "CSV or Parquet; column msisdn"},
                        "as_of": {"type": "string", "format": "date", "description": "The day the data describe"},
                        "kind": {
                            "type": "string",
                            "enum": ["subscribers", "usage", "events", "list", "cells"],
                            "default": "subscribers",
                        },
                        "month": {
                            "type": "string",
                            "pattern": r"^\d{4}-\d{2}$",
                            "description": "The month that a file of usage is of; needed for it alone",
                        },
                        "name": {
                            "type": "string",
                            "maxLength": 120,
                            "description": "The name of a list, which its segment takes; needed for it alone",
                        },
                        "list_kind": {
                            "type": "string",
                            "maxLength": 40,
                            "description": "What the rows of a list are: third_party_clients, friends, points, groups, "
                            "contacts, questionnaire; without it a number has one row",
                        },
                        "dictionary": {
                            "type": "string",
                            "description": 'What new columns mean, as JSON: {"column": {"type": "integer|number|text|'
                            'boolean|date", "unit": "", "description": ""}}',
                        },
                    },
                }
            }
        },
    }
}


@router.post(
    "", status_code=202, summary="Load a file of subscribers, usage, events, cells or a list", openapi_extra=DOCUMENT
)
async def upload_snapshot(request: Request, call: CallDep, response: Response) -> Snapshot:
    """Answers as soon as the file is durable; GET /snapshots/{id} shows how far the load has come."""
    limits = {"max_files": 1, "max_fields": FIELDS_LIMIT, "max_part_size": FIELD_LIMIT_BYTES}
    async with request.form(**limits) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidInput(reason="MISSING", field="file", detail="send the file as the multipart field 'file'")
        header = _header(form, file, call.request_id)
        pieces = _pieces(header, file)
        answer = await invoke(call.peers.snapshots.UploadSnapshot, pieces, timeout_seconds=UPLOAD_TIMEOUT_SECONDS)
    response.headers["location"] = f"/api/v1/snapshots/{answer.snapshot.id}"
    return render_snapshot(answer.snapshot)


@router.get("/{id}", summary="See how far a snapshot has come")
async def get_snapshot(id: UUID, call: CallDep) -> Snapshot:  # noqa: A002 -- the contract's name
    """State and counts."""
    answer = await invoke(call.peers.snapshots.GetSnapshot, snapshot_pb2.GetSnapshotRequest(id=str(id)))
    return render_snapshot(answer.snapshot)


@router.get("/{id}/rejects", summary="List the rows that were not loaded")
async def list_rejects(
    id: UUID,  # noqa: A002 -- the contract's name
    call: CallDep,
    page_size: PageSize = DEFAULT_PAGE_SIZE,
    page_token: PageToken = "",
) -> Rejects:
    """Row number, field and reason of each bad row."""
    request = snapshot_pb2.ListRejectsRequest(snapshot_id=str(id), page_size=page_size, page_token=page_token)
    answer = await invoke(call.peers.snapshots.ListRejects, request)
    rejects = [render_reject(reject) for reject in answer.rejects]
    return Rejects(rejects=rejects, next_page_token=answer.next_page_token)


def _header(form: FormData, file: UploadFile, request_id: str) -> snapshot_pb2.SnapshotHeader:
    as_of = _field(form, "as_of")
    try:
        date.fromisoformat(as_of)
    except ValueError:
        raise InvalidInput(
            reason="AS_OF_INVALID", field="as_of", detail="say the day the data describe as YYYY-MM-DD"
        ) from None
    return snapshot_pb2.SnapshotHeader(
        request_id=request_id,
        as_of=as_of,
        kind=_field(form, "kind") or "subscribers",
        file_name=_checked(file.filename or "upload", "file"),
        dictionary=_dictionary(_field(form, "dictionary")),
        month=_field(form, "month"),
        name=_field(form, "name"),
        list_kind=_field(form, "list_kind"),
    )


def _field(form: FormData, name: str) -> str:
    values = form.getlist(name)
    if len(values) > 1 or any(isinstance(value, UploadFile) for value in values):
        raise InvalidInput(reason="SHAPE", field=name, detail=f"send {name} once, as plain text")
    if not values:
        return ""
    return str(values[0]) if name == "dictionary" else _checked(str(values[0]), name)


def _checked(text: str, field: str) -> str:
    try:
        return SHORT.validate_python(text)
    except ValidationError as error:
        raise InvalidInput(reason="SHAPE", field=field, detail=error.errors()[0]["msg"]) from None


def _dictionary(text: str) -> list[snapshot_pb2.Attribute]:
    if not text:
        return []
    try:
        entries = DICTIONARY.validate_json(text.encode(errors="replace"))
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        field = field_path(("", "dictionary", *found["loc"]))
        raise InvalidInput(reason="DICTIONARY_INVALID", field=field, detail=found["msg"]) from None
    return [parse_attribute(name, entry) for name, entry in entries.items()]


async def _pieces(
    header: snapshot_pb2.SnapshotHeader, file: UploadFile
) -> AsyncIterator[snapshot_pb2.UploadSnapshotRequest]:
    yield snapshot_pb2.UploadSnapshotRequest(header=header)
    while piece := await file.read(PIECE_BYTES):
        yield snapshot_pb2.UploadSnapshotRequest(piece=piece)
