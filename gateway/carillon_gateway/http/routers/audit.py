"""The audit log over HTTP, for who checks what was done; it must not let anybody change it."""

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from carillon_gateway.audit.export import export_audit
from carillon_gateway.http.guard import Guard, GuardedRoute

router = APIRouter(prefix="/api/v1", tags=["audit"], route_class=GuardedRoute)

LINES = "application/jsonl"


@router.get(
    "/audit-log",
    summary="Take the audit log out",
    response_class=StreamingResponse,
    responses={200: {"content": {LINES: {}}, "description": "Lines of JSON: the format, the entries, the head"}},
)
async def export_audit_log(request: Request) -> StreamingResponse:
    """Every entry with its seal; `carillon verify audit FILE` proves the chain without the services."""
    guard: Guard = request.app.state.guard
    await guard.trail.flush()
    disposition = 'attachment; filename="audit.jsonl"'
    lines = export_audit(guard.trail.database)
    return StreamingResponse(lines, media_type=LINES, headers={"content-disposition": disposition})
