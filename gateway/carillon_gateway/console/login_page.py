"""The form that asks who is there; it must keep neither the secret nor what was typed."""

from nicegui import ui

from carillon_chassis.errors import DomainError
from carillon_gateway.console.frame import Banner, framed
from carillon_gateway.console.visit import Visit


def show_login(visit: Visit) -> None:
    """Draws the form; signing in leads back to the page that was asked for."""
    say = visit.say
    with framed(say, title=say("sign_in"), path=visit.path), ui.element("form").classes("c-card c-login") as form:
        ui.html(say("sign_in"), sanitize=False, tag="h1")
        ui.label(say("sign_in_help")).classes("c-help")
        banner = Banner(say)
        client_id = ui.input(say("client_id")).props('outlined autofocus name="client_id" autocomplete="username"')
        secret = ui.input(say("secret"), password=True, password_toggle_button=True)
        secret.props('outlined name="client_secret" autocomplete="current-password"')
        button = ui.button(say("sign_in")).props('unelevated type="submit"')

    async def sign_in() -> None:
        if not _is_filled(client_id, say("needed")) or not _is_filled(secret, say("needed")):
            return
        button.props("loading")
        try:
            await visit.sign_in(str(client_id.value).strip(), str(secret.value))
        except DomainError as error:
            secret.set_value("")
            banner.tell(error)
        else:
            ui.navigate.to(visit.path)
        finally:
            button.props(remove="loading")

    form.on("submit.prevent", sign_in)


def _is_filled(field: ui.input, needed: str) -> bool:
    filled = bool(str(field.value or "").strip())
    field.props(remove="error error-message")
    if not filled:
        field.props(f'error error-message="{needed}"')
    return filled
