"""A report as tiles, a table and charts, changed in place as figures come in; it must not fetch them."""

from collections.abc import Callable

from nicegui import ui

from carillon_gateway.console import charts, markup
from carillon_gateway.console.frame import section
from carillon_gateway.console.numbers import write_time
from carillon_gateway.console.texts import Speech
from carillon_gateway.console.views import ArmView, ReportView

# Heights that leave each arm room for its label.
FUNNEL_HEIGHT_PIXELS = 236
BAR_HEIGHT_PIXELS = 38
UPLIFT_HEIGHT_PIXELS = 52
UPLIFT_AXIS_PIXELS = 62

Arms = tuple[ArmView, ...]


class ReportPanel:
    """Everything below the campaign's head; built with the first report, since only that knows the arms."""

    def __init__(self, say: Speech) -> None:
        self._say = say
        self._box = ui.element("div").classes("c-report")
        self._drawn: list[Callable[[Arms], None]] = []
        self._shape: tuple[tuple[str, bool], ...] = ()
        self._arms: Arms = ()
        self._as_of: ui.label | None = None

    def show(self, report: ReportView) -> None:
        """Shows the report; what has not changed is left alone."""
        # An uplift may come later than the arms: there is none to tell while a launch still books contacts.
        shape = tuple((arm.name, arm.uplift is not None) for arm in report.arms)
        if shape != self._shape or self._as_of is None:
            self._build(report.arms)
            self._shape = shape
        if report.arms != self._arms:
            for draw in self._drawn:
                draw(report.arms)
            self._arms = report.arms
        if self._as_of is not None:
            self._as_of.set_text(self._say("as_of", at=write_time(report.as_of)))

    def _build(self, arms: Arms) -> None:
        say = self._say
        self._box.clear()
        self._drawn = []
        colours = charts.arm_colours(arms)
        with self._box:
            ui.label(say("totals_help")).classes("c-help")
            self._html(lambda now: markup.totals(now, say))
            section(say("by_arm"), say("by_arm_help"))
            self._html(lambda now: markup.arms_table(now, colours, say), classes="c-card c-tablebox")
            section(say("uplift"), say("uplift_help"))
            self._build_uplift(arms, colours)
            section(say("rates"), say("rates_help"))
            self._build_rates(arms, colours)
            section(say("funnel"), say("funnel_help"))
            self._build_funnels(arms, colours)
            self._as_of = ui.label().classes("c-asof")

    def _build_funnels(self, arms: Arms, colours: dict[str, str]) -> None:
        with ui.element("div").classes("c-grid"):
            for place, arm in enumerate(arms):
                with ui.element("section").classes("c-card"):
                    ui.html(markup.arm_name(arm, colours[arm.name], self._say), sanitize=False, tag="h3")

                    def options(now: Arms, place: int = place) -> charts.Options:
                        return charts.funnel_options(now[place], colours[now[place].name], self._say)

                    self._chart(options, arms, FUNNEL_HEIGHT_PIXELS, f"{self._say('funnel')}: {arm.name}")

    def _build_rates(self, arms: Arms, colours: dict[str, str]) -> None:
        with ui.element("div").classes("c-grid"):
            for measure in charts.MEASURES:
                with ui.element("section").classes("c-card"):
                    ui.html(self._say(measure.key), sanitize=False, tag="h3")

                    def options(now: Arms, measure: charts.Measure = measure) -> charts.Options:
                        return charts.rates_options(now, measure, colours)

                    self._chart(options, arms, BAR_HEIGHT_PIXELS * len(arms) + 8, self._say(measure.key))

    def _build_uplift(self, arms: Arms, colours: dict[str, str]) -> None:
        told = sum(arm.uplift is not None for arm in arms)
        if not told:
            soon = any(arm.holdout for arm in arms)
            ui.label(self._say("uplift_soon" if soon else "no_uplift")).classes("c-card c-help")
            return
        with ui.element("div").classes("c-grid"):
            for measure in charts.MEASURES:
                with ui.element("section").classes("c-card"):
                    ui.html(self._say(measure.key), sanitize=False, tag="h3")

                    def options(now: Arms, measure: charts.Measure = measure) -> charts.Options:
                        return charts.uplift_options(now, measure, colours, self._say)

                    def words(now: Arms, measure: charts.Measure = measure) -> str:
                        return markup.uplift_words(now, colours, measure.key, self._say)

                    height = UPLIFT_HEIGHT_PIXELS * told + UPLIFT_AXIS_PIXELS
                    self._chart(options, arms, height, f"{self._say('uplift')}: {self._say(measure.key)}")
                    self._html(words)

    def _html(self, write: Callable[[Arms], str], *, classes: str = "") -> None:
        """A piece of HTML that follows the arms."""
        element = ui.html("", sanitize=False).classes(classes)

        def draw(now: Arms) -> None:
            element.set_content(write(now))

        self._drawn.append(draw)

    def _chart(self, options: Callable[[Arms], charts.Options], arms: Arms, height_pixels: int, label: str) -> None:
        """A chart that follows the arms; drawn as SVG, so it is sharp on a phone and its words are text."""
        chart = ui.echart(options(arms), renderer="svg").style(f"height: {height_pixels}px; width: 100%")
        chart.props(f'role="img" aria-label="{label}"')

        def draw(now: Arms) -> None:
            chart.options.clear()
            chart.options.update(options(now))
            chart.update()

        self._drawn.append(draw)
