"""One campaign: its state, its launch while it runs, its figures and charts; it must not compute measurements."""

from nicegui import ui

from carillon_chassis.errors import DomainError, InvalidInput, NotFound, StateRefused
from carillon_gateway.console import markup
from carillon_gateway.console.backend import ConsoleBackend, Session
from carillon_gateway.console.frame import Banner, framed
from carillon_gateway.console.numbers import write_count
from carillon_gateway.console.report_panel import ReportPanel
from carillon_gateway.console.views import SETTLED_STATES, CampaignView, ReportView
from carillon_gateway.console.visit import Visit

# A launch of 42,694 messages takes half a minute, so each second shows; a running campaign moves slower, and a
# settled one only if somebody changes history.
SENDING_REFRESH_SECONDS = 1.0
RUNNING_REFRESH_SECONDS = 4.0
SETTLED_REFRESH_SECONDS = 30.0


class CampaignPage:
    """The page's parts, following the campaign by themselves."""

    def __init__(self, visit: Visit, campaign_id: str) -> None:
        self._visit = visit
        self._id = campaign_id
        self._known: CampaignView | None = None
        say = visit.say
        ui.link(f"\N{LEFTWARDS ARROW} {say('back')}", "/").classes("c-link")
        self._banner = Banner(say)
        self._head = ui.html(markup.notice(say("loading"), ""), sanitize=False)
        self._launch = LaunchPanel(visit)
        self._empty = ui.html("", sanitize=False)
        self._empty.set_visibility(False)
        self._report = ReportPanel(say)
        self._timer = ui.timer(SENDING_REFRESH_SECONDS, self.refresh)

    async def refresh(self) -> None:
        """Fetches and shows campaign and report; a failure leaves the old figures standing under a banner."""
        session = self._visit.session()
        if session is None:
            ui.navigate.to(self._visit.path)
            return
        backend = self._visit.door.backend
        try:
            campaign = await backend.get_campaign(session, self._id)
            report = await _fetch_report(backend, session, campaign)
        except (NotFound, InvalidInput):
            self._show_missing()
        except DomainError as error:
            self._banner.tell(error)
        else:
            self._show(campaign, report)

    def _show(self, campaign: CampaignView, report: ReportView | None) -> None:
        say = self._visit.say
        self._banner.clear()
        if campaign != self._known:
            self._head.set_content(f'<div class="c-card">{markup.campaign_head(campaign, say)}</div>')
            self._launch.show(campaign)
            ui.page_title(f"{campaign.name} · {say('brand')}")
            self._known = campaign
        self._empty.set_visibility(report is None)
        if report is None:
            text = say("report_soon" if campaign.launched else f"before_launch_{campaign.state.value}")
            self._empty.set_content(markup.notice(say("before_launch"), text))
        else:
            self._report.show(report)
        self._timer.interval = _refresh_seconds(campaign)

    def _show_missing(self) -> None:
        say = self._visit.say
        self._head.set_content(markup.notice(say("not_found"), say("not_found_help")))
        self._timer.deactivate()


async def _fetch_report(backend: ConsoleBackend, session: Session, campaign: CampaignView) -> ReportView | None:
    """The campaign's figures; None before there can be any."""
    if not campaign.launched:
        return None
    try:
        return await backend.get_report(session, campaign.id)
    except StateRefused:
        return None


class LaunchPanel:
    """The progress of a launch; it goes away when the last message has ended."""

    def __init__(self, visit: Visit) -> None:
        self._say = visit.say
        with ui.element("section").classes("c-card c-launch") as self._card:
            with ui.element("div").classes("c-launch-line"):
                ui.html(self._say("launch"), sanitize=False, tag="h2")
                self._done = ui.label()
            self._bar = ui.linear_progress(value=0, show_value=False, size="14px").props("rounded instant-feedback")
            self._counts = ui.html("", sanitize=False)
            ui.label(self._say("launch_help")).classes("c-help")
        self._card.set_visibility(False)

    def show(self, campaign: CampaignView) -> None:
        """Shows how far the launch has got."""
        self._card.set_visibility(campaign.sending)
        progress = campaign.progress
        if progress.contacts_booked:
            done, total = write_count(progress.ended), write_count(progress.contacts_booked)
            self._done.set_text(self._say("launch_done", done=done, total=total))
        else:
            self._done.set_text(self._say("launch_preparing"))
        self._bar.set_value(progress.done_share)
        self._bar.props(f"buffer={progress.sent_share:.4f}")
        self._counts.set_content(markup.launch_counts(progress, self._say))


def _refresh_seconds(campaign: CampaignView) -> float:
    if campaign.sending:
        return SENDING_REFRESH_SECONDS
    return SETTLED_REFRESH_SECONDS if campaign.state in SETTLED_STATES else RUNNING_REFRESH_SECONDS


def show_campaign(visit: Visit, campaign_id: str, *, who: str) -> None:
    """Draws the page for somebody who is signed in."""

    def sign_out() -> None:
        visit.sign_out()
        ui.navigate.to(visit.path)

    with framed(visit.say, title=visit.say("campaigns"), path=visit.path, who=who, sign_out=sign_out):
        CampaignPage(visit, campaign_id)
