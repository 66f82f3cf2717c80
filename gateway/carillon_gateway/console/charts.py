"""Turns a report into ECharts options; it must not know about pages and computes nothing but shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from carillon_gateway.console.numbers import (
    FEN_PER_YUAN,
    write_count,
    write_difference,
    write_percent,
    write_yuan,
)
from carillon_gateway.console.texts import Speech
from carillon_gateway.console.views import ArmView, IntervalView, UpliftView

Options = dict[str, Any]

HOLDOUT_COLOUR = "#64748b"
# Dark enough for text on white (4.5 to 1 and more), and apart for the colour-blind; after the last they begin again.
ARM_COLOURS = ("#0f766e", "#b45309", "#4338ca", "#be185d", "#1d4ed8", "#4d7c0f")
INK = "#0f172a"
MUTED = "#475569"
LINE = "#e2e8f0"
TRACK = "#eef2f6"
FUNNEL_STAGES = ("subscribers", "contacted", "delivered", "responded", "converted")
TEXT_STYLE = {"fontFamily": 'Roboto, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif', "color": INK}
# A longer name is cut on an axis; the table has the whole name.
NAME_WIDTH_PIXELS = 96
# Width of one letter of an axis label at 12 pixels; a Chinese character is as wide as the font is high.
LETTER_PIXELS = 6.6
CHARACTER_PIXELS = 12.5
AXIS_GAP_PIXELS = 12

# A whisker: the interval as a line with two ends, and its estimate as a dot. Runs in the browser.
WHISKER = """(params, api) => {
  const y = api.value(3);
  const low = api.coord([api.value(1), y]), high = api.coord([api.value(2), y]), mid = api.coord([api.value(0), y]);
  const style = {stroke: api.visual('color'), lineWidth: 2.5, fill: null};
  const line = (a, b) => ({type: 'line', shape: {x1: a[0], y1: a[1], x2: b[0], y2: b[1]}, style});
  const cap = (p) => line([p[0], p[1] - 8], [p[0], p[1] + 8]);
  const dot = {type: 'circle', shape: {cx: mid[0], cy: mid[1], r: 6}, style: {fill: api.visual('color')}};
  return {type: 'group', children: [line(low, high), cap(low), cap(high), dot]};
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One of the three things that arms are compared by: what to read, how to scale and how to write it."""

    key: str
    axis_key: str
    of_arm: Callable[[ArmView], float]
    of_uplift: Callable[[UpliftView], IntervalView]
    scale: float
    write: Callable[[float], str]


MEASURES = (
    Measure(
        key="response_rate",
        axis_key="points_axis",
        of_arm=lambda arm: arm.response_rate,
        of_uplift=lambda uplift: uplift.response_rate,
        scale=100,
        write=write_percent,
    ),
    Measure(
        key="conversion_rate",
        axis_key="points_axis",
        of_arm=lambda arm: arm.conversion_rate,
        of_uplift=lambda uplift: uplift.conversion_rate,
        scale=100,
        write=write_percent,
    ),
    Measure(
        key="revenue_per_subscriber",
        axis_key="yuan_axis",
        of_arm=lambda arm: arm.revenue_fen_per_subscriber,
        of_uplift=lambda uplift: uplift.revenue_fen_per_subscriber,
        scale=1 / FEN_PER_YUAN,
        write=write_yuan,
    ),
)


def arm_colours(arms: Sequence[ArmView]) -> dict[str, str]:
    """A colour for each arm by name, the same on every chart; the hold-out is grey."""
    treated = [arm.name for arm in arms if not arm.holdout]
    colours = {name: ARM_COLOURS[place % len(ARM_COLOURS)] for place, name in enumerate(treated)}
    return colours | {arm.name: HOLDOUT_COLOUR for arm in arms if arm.holdout}


def funnel_options(arm: ArmView, colour: str, say: Speech) -> Options:
    """One arm's way from all its subscribers down to the converted, each step as its share of them.

    Level bars and not ECharts' trapezoids: those draw one per cent as nothing and write over themselves.
    """
    counts = [getattr(arm, stage) for stage in FUNNEL_STAGES]
    shares = [count / arm.subscribers if arm.subscribers else 0.0 for count in counts]
    written = [
        f"{{b|{write_count(count)}}}\n{write_percent(share)}" for count, share in zip(counts, shares, strict=True)
    ]
    names = [say(stage) for stage in FUNNEL_STAGES]
    figures = _level_axis(written) | {"position": "right"}
    figures["axisLabel"] |= {"lineHeight": 17, "color": MUTED, "rich": {"b": {"color": INK, "fontWeight": 600}}}
    bars = {
        "type": "bar",
        "barWidth": 20,
        "showBackground": True,
        "backgroundStyle": {"color": TRACK, "borderRadius": 4},
        "itemStyle": {"color": colour, "borderRadius": 4},
        "data": shares,
    }
    return {
        "textStyle": TEXT_STYLE,
        "animation": False,
        "grid": {"left": _room_for(names), "right": 64, "top": 2, "bottom": 2, "outerBoundsMode": "none"},
        "xAxis": {"type": "value", "min": 0, "max": 1, "show": False},
        "yAxis": [_level_axis(names), figures],
        "series": [bars],
    }


def rates_options(arms: Sequence[ArmView], measure: Measure, colours: dict[str, str]) -> Options:
    """One measure as a bar for each arm, its value written at the bar's end."""
    values = [measure.of_arm(arm) * measure.scale for arm in arms]
    data = [
        {
            "value": value,
            "itemStyle": {"color": colours[arm.name], "borderRadius": [0, 4, 4, 0]},
            "label": {"formatter": measure.write(measure.of_arm(arm))},
        }
        for arm, value in zip(arms, values, strict=True)
    ]
    highest = max(values, default=0.0)
    return {
        "textStyle": TEXT_STYLE,
        "animation": False,
        "grid": {"left": _room_for([arm.name for arm in arms]), "right": 76, "top": 4, "bottom": 4},
        "xAxis": {"type": "value", "min": 0, "max": highest or 1, "show": False},
        "yAxis": _level_axis([arm.name for arm in arms]),
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 26,
                "data": data,
                "label": {"show": True, "position": "right", "color": INK, "fontSize": 12, "fontWeight": 600},
            }
        ],
    }


def uplift_options(arms: Sequence[ArmView], measure: Measure, colours: dict[str, str], say: Speech) -> Options:
    """One measure's difference to the hold-out for each arm: estimate and 95 % interval, with the zero line drawn."""
    told = [(arm, measure.of_uplift(arm.uplift)) for arm in arms if arm.uplift is not None]
    data: list[Options] = []
    edges = [0.0]
    for place, (arm, interval) in enumerate(told):
        estimate, low, high = (value * measure.scale for value in (interval.estimate, interval.low, interval.high))
        data.append({"value": [estimate, low, high, place], "itemStyle": {"color": colours[arm.name]}})
        edges += [low, high]
    room = (max(edges) - min(edges) or 1.0) * 0.08
    zero = {
        "silent": True,
        "symbol": "none",
        "label": {"show": False},
        "lineStyle": {"color": MUTED, "type": "dashed", "width": 1.5},
        "data": [{"xAxis": 0}],
    }
    return {
        "textStyle": TEXT_STYLE,
        "animation": False,
        "grid": {"left": _room_for([arm.name for arm, _ in told]), "right": 18, "top": 8, "bottom": 46},
        "xAxis": {
            "type": "value",
            "min": _rounded(min(edges) - room),
            "max": _rounded(max(edges) + room),
            "name": say(measure.axis_key),
            "nameLocation": "middle",
            "nameGap": 28,
            "nameTextStyle": {"color": MUTED},
            "splitNumber": 4,
            "axisLabel": {"color": MUTED, "hideOverlap": True, "showMinLabel": False, "showMaxLabel": False},
            "splitLine": {"lineStyle": {"color": LINE}},
        },
        "yAxis": _level_axis([arm.name for arm, _ in told]),
        "series": [
            {
                "type": "custom",
                ":renderItem": WHISKER,
                "data": data,
                "encode": {"x": [0, 1, 2], "y": 3},
                "markLine": zero,
            }
        ],
    }


def write_uplift(interval: IntervalView, measure: Measure, say: Speech) -> str:
    """An estimate with its interval in words: +7.66 pp (+7.00 to +8.32)."""
    unit = say("points") if measure.axis_key == "points_axis" else ""
    sign = "" if unit else "¥"
    estimate, low, high = (
        write_difference(value * measure.scale) for value in (interval.estimate, interval.low, interval.high)
    )
    written = f"{estimate[0]}{sign}{estimate[1:]}{unit}"
    return say("interval", estimate=written, low=low, high=high)


def _level_axis(names: Sequence[str]) -> Options:
    """Names from top to bottom, without lines."""
    return {
        "type": "category",
        "data": list(names),
        "inverse": True,
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {"color": INK, "width": NAME_WIDTH_PIXELS, "overflow": "truncate", "fontSize": 12},
    }


def _room_for(names: Sequence[str]) -> int:
    """Pixels that the longest name needs beside a chart."""
    widths = (sum(LETTER_PIXELS if letter.isascii() else CHARACTER_PIXELS for letter in name) for name in names)
    return round(min(max(widths, default=0), NAME_WIDTH_PIXELS)) + AXIS_GAP_PIXELS


def _rounded(edge: float) -> float:
    """An axis end with few digits, so that ECharts writes no endless fractions."""
    return float(f"{edge:.2g}")
