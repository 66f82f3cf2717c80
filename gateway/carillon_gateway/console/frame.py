"""What stands around every console page: style, header, language switch, banner; it must not fetch anything."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files

from nicegui import ui

from carillon_chassis.errors import DomainError, LimitExceeded, PermissionRefused, Unavailable
from carillon_gateway.console.language import Language
from carillon_gateway.console.texts import Speech

STYLE = (files("carillon_gateway.console") / "style.css").read_text(encoding="utf-8")
BELL = (
    '<svg viewBox="0 0 24 24" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linecap="round" xmlns="http://www.w3.org/2000/svg">'
    '<path d="M12 3v2M6 17c1-1.500 1.500-3.500 1.500-7a4.500 4.500 0 0 1 9 0c0 3.500.500 5.500 1.500 7z"/>'
    '<path d="M4 17h16M10.500 20.500a1.500 1.500 0 0 0 3 0"/></svg>'
)
FAVICON = BELL.format(colour="#0f766e")
OTHER = {Language.CHINESE: Language.ENGLISH, Language.ENGLISH: Language.CHINESE}


@contextmanager
def framed(
    say: Speech, *, title: str, path: str, who: str = "", sign_out: Callable[[], None] | None = None
) -> Iterator[None]:
    """A page with the header; what the block makes is its content. `path` is the page's own, below the mount."""
    ui.add_css(STYLE)
    ui.add_head_html(f'<script>document.documentElement.lang = "{say.language}"</script>')
    ui.page_title(f"{title} · {say('brand')}")
    ui.colors(primary="#0f766e")
    with ui.element("header").classes("c-header"), ui.element("div").classes("c-header-in"):
        ui.html(BELL.format(colour="#5eead4"), sanitize=False)
        ui.link(say("brand"), "/").classes("c-brand")
        ui.label(say("console")).classes("c-where")
        ui.element("div").classes("c-grow")
        if who:
            ui.label(who).classes("c-who")
        ui.link(say("other_language"), f"{path}?lang={OTHER[say.language]}").classes("c-action")
        if sign_out is not None:
            with ui.element("button").classes("c-action").on("click", sign_out):
                ui.label(say("sign_out"))
    with ui.element("main").classes("c-main"):
        yield


def section(title: str, text: str) -> None:
    """A heading with the sentence that explains what follows."""
    with ui.element("div").classes("c-section"):
        ui.html(title, sanitize=False, tag="h2")
        ui.label(text).classes("c-help")


class Banner:
    """One line that says what went wrong, until the next thing goes right."""

    def __init__(self, say: Speech) -> None:
        self._say = say
        self._label = ui.label().classes("c-banner").props('role="alert"')
        self.clear()

    def tell(self, error: DomainError) -> None:
        """Shows the error in the page's language."""
        self._label.set_text(explain(error, self._say))
        self._label.set_visibility(True)

    def clear(self) -> None:
        """Shows nothing."""
        self._label.set_visibility(False)


def explain(error: DomainError, say: Speech) -> str:
    """What to tell a person about an error: never an address, a trace or a name of ours."""
    if isinstance(error, Unavailable):
        return say("error_unavailable")
    if isinstance(error, LimitExceeded):
        return say("error_limit")
    if error.reason == "CLIENT_REFUSED":
        return say("error_refused")
    if isinstance(error, PermissionRefused):
        return say("error_permission")
    return say("error_other", detail=error.detail)
