"""The list of campaigns; it must not show one that the signed-in branch may not see."""

from nicegui import ui

from carillon_chassis.errors import DomainError
from carillon_gateway.console import markup
from carillon_gateway.console.frame import Banner, framed, section
from carillon_gateway.console.visit import Visit

# A list is watched less closely than a launch; a new campaign shows after this at most.
REFRESH_SECONDS = 5.0


class CampaignsPage:
    """The list, following by itself."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        say = visit.say
        section(say("campaigns"), say("campaigns_help"))
        self._banner = Banner(say)
        self._list = ui.html(markup.notice(say("loading"), ""), sanitize=False)
        self._shown = ""
        ui.timer(REFRESH_SECONDS, self.refresh)

    async def refresh(self) -> None:
        """Fetches and shows the list; a failure leaves the old one standing under a banner."""
        session = self._visit.session()
        if session is None:
            ui.navigate.to(self._visit.path)
            return
        try:
            campaigns = await self._visit.door.backend.list_campaigns(session)
        except DomainError as error:
            self._banner.tell(error)
            return
        self._banner.clear()
        say = self._visit.say
        if campaigns:
            html = markup.campaign_list(campaigns, say)
        else:
            docs = markup.outside_link(say("open_docs"), "/docs")
            html = markup.notice(say("no_campaigns"), say("no_campaigns_help"), more=docs)
        if html != self._shown:
            self._list.set_content(html)
            self._shown = html


def show_campaigns(visit: Visit, *, who: str) -> None:
    """Draws the page for somebody who is signed in."""

    def sign_out() -> None:
        visit.sign_out()
        ui.navigate.to(visit.path)

    with framed(visit.say, title=visit.say("campaigns"), path=visit.path, who=who, sign_out=sign_out):
        CampaignsPage(visit)
