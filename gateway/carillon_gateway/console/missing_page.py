"""What a console address says that leads nowhere, in place of NiceGUI's own page; it needs no script and no session."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from carillon_gateway.console.frame import STYLE
from carillon_gateway.console.language import choose_language
from carillon_gateway.console.markup import MOUNT_PATH, notice, outside_link
from carillon_gateway.console.texts import Speech


async def answer_missing(request: Request, _: Exception) -> Response:
    """404 in the browser's language, with the way back."""
    say = Speech(language=choose_language(request.headers.get("accept-language", "")))
    back = outside_link(say("campaigns"), f"{MOUNT_PATH}/")
    body = notice(say("page_not_found"), say("page_not_found_help"), more=back)
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(say('page_not_found'))}</title><style>body {{ margin: 0 }} {STYLE}</style>"
    )
    html = f'<!doctype html><html lang="{say.language}"><head>{head}</head><body><main class="c-main">{body}</main></body></html>'
    return HTMLResponse(html, status_code=404)
