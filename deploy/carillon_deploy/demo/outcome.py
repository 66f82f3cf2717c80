"""The demo's last stages: rewards booked, the report equal to the data, the ledger at zero; and how it is shown."""

from typing import Any

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table

from carillon_deploy.demo.campaigning import BUDGET_POINTS, CURRENCY, POINTS
from carillon_deploy.demo.dataset import ArmFigures, differences
from carillon_deploy.demo.loop import Loop, wait_for
from carillon_deploy.errors import CommandError

REWARD_LIMIT_SECONDS = 60.0


async def await_rewards(loop: Loop) -> str:
    """Stage 8: points for each contacted subscriber who converted, once, from the campaign's budget."""
    earners = sum(arm.rewarded for arm in loop.expected)

    async def rewarded() -> int:
        return sum(arm["rewarded"] for arm in (await loop.fetch_report())["arms"])

    await wait_for("rewards", earners, rewarded, limit_seconds=REWARD_LIMIT_SECONDS)
    balance = await loop.operator.get("/api/v1/ledger/trial-balance")
    wrong = ledger_faults(balance, earners)
    if wrong:
        raise CommandError("; ".join(wrong))
    return f"{earners:,} grants of {POINTS} points = {earners * POINTS:,}; the ledger sums to zero"


def ledger_faults(balance: dict[str, Any], earners: int) -> list[str]:
    """What is wrong with the trial balance after `earners` grants; nothing when all is well."""
    totals = {total["currency"]: total for total in balance["totals"]}
    points = totals.get(CURRENCY)
    if points is None:
        return [f"the ledger has no {CURRENCY}"]
    wanted = {
        "sum": 0,
        "issued": BUDGET_POINTS,
        "held_by_campaigns": BUDGET_POINTS - earners * POINTS,
        "held_by_subscribers": earners * POINTS,
    }
    faults = [f"{currency} sums to {total['sum']:,}" for currency, total in totals.items() if total["sum"] != 0]
    return faults + [
        f"the ledger's {name} is {points[name]:,}, {value:,} was to be"
        for name, value in wanted.items()
        # Issuance stands with its sign of an account that points come from.
        if abs(points[name]) != value
    ]


async def check_report(loop: Loop) -> str:
    """Stage 9: the report equals the data, counts and fen exactly, rates to four decimals."""
    loop.report = await loop.fetch_report()
    found = differences([read_figures(arm) for arm in loop.report["arms"]], loop.expected)
    if found:
        raise CommandError("the report differs from the data: " + "; ".join(found))
    unmeasured = [arm["arm"] for arm in loop.report["arms"] if not arm["holdout"] and arm["uplift"] is None]
    if unmeasured:
        msg = f"no uplift for {', '.join(unmeasured)}"
        raise CommandError(msg)
    return "counts and revenue equal the data exactly, rates to 4 decimals"


def read_figures(arm: dict[str, Any]) -> ArmFigures:
    """One arm of the report."""
    return ArmFigures(**{name: arm[name] for name in ArmFigures.__dataclass_fields__})


def render_report(report: dict[str, Any]) -> Group:
    """The report as two tables that fit a terminal of 80 columns: what happened, and the uplift with its intervals."""
    counted = Table(
        "arm", "reached", "responded", "converted", "rewarded", "revenue CNY", title=report["name"], box=SIMPLE
    )
    measured = Table(
        "arm", "responses, pp", "conversions, pp", "fen a head", title="uplift and its 95 % interval", box=SIMPLE
    )
    for arm in report["arms"]:
        counted.add_row(
            arm["arm"],
            f"{arm['delivered']:,}/{arm['subscribers']:,}",
            f"{arm['responded']:,} {arm['response_rate']:.4%}",
            f"{arm['converted']:,} {arm['conversion_rate']:.4%}",
            f"{arm['rewarded']:,}",
            f"{arm['revenue_fen'] / 100:,.2f}",
        )
        if arm["uplift"] is not None:
            measured.add_row(
                arm["arm"],
                _interval(arm["uplift"]["response_rate"], scale=100, digits=2),
                _interval(arm["uplift"]["conversion_rate"], scale=100, digits=2),
                _interval(arm["uplift"]["revenue_fen_per_subscriber"], scale=1, digits=1),
            )
    return Group(counted, measured)


def _interval(interval: dict[str, float], *, scale: int, digits: int) -> str:
    estimate, low, high = (f"{interval[name] * scale:+.{digits}f}" for name in ("estimate", "low", "high"))
    return f"{estimate} [{low} to {high}]"
