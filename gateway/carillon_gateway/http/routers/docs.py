"""The page at /docs: Swagger UI from a package on this machine, so that it works where there is no internet."""

from collections.abc import Mapping
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from carillon_chassis.errors import NotFound
from carillon_gateway.http.guard import GuardedRoute

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Carillon API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  displayRequestDuration: true, tryItOutEnabled: true
});
"""
MEDIA_TYPES: Mapping[str, str] = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
# The files change only with the package; an hour spares 1.6 MB a visit.
CACHE = {"cache-control": "public, max-age=3600"}


@router.get("/docs")
async def get_docs() -> HTMLResponse:
    """The page itself."""
    return HTMLResponse(PAGE)


@router.get("/docs/{asset}")
async def get_docs_asset(asset: str) -> Response:
    """A script or style of the page."""
    if asset == "start.js":
        return Response(START, media_type="text/javascript", headers=CACHE)
    if asset not in MEDIA_TYPES:
        raise NotFound(reason="PATH_UNKNOWN", detail="the documents' page has no such file")
    content = (files("fastapi_offline") / "static" / asset).read_bytes()
    return Response(content, media_type=MEDIA_TYPES[asset], headers=CACHE)
