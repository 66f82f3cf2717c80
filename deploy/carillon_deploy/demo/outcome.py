"""The demo's last stages: rewards booked, the report equal to the data, the ledger at zero; and how it is shown."""

from typing import Any

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


def render_report(report: dict[str, Any]) -> Table:
    """The report as a table, uplift with its 95 % interval."""
    columns = ("arm", "subscribers", "delivered", "responded", "converted", "rewarded", "revenue CNY")
    table = Table(*columns, "uplift of responses", "uplift of conversions", "uplift, fen a head")
    for arm in report["arms"]:
        counts = [f"{arm[name]:,}" for name in ("subscribers", "delivered")]
        rated = [
            f"{arm['responded']:,} ({arm['response_rate']:.4%})",
            f"{arm['converted']:,} ({arm['conversion_rate']:.4%})",
        ]
        money = [f"{arm['rewarded']:,}", f"{arm['revenue_fen'] / 100:,.2f}"]
        table.add_row(arm["arm"], *counts, *rated, *money, *_uplift(arm["uplift"]))
    return table


def _uplift(uplift: dict[str, Any] | None) -> list[str]:
    if uplift is None:
        return ["hold-out", "", ""]
    rates = [uplift["response_rate"], uplift["conversion_rate"]]
    revenue = uplift["revenue_fen_per_subscriber"]
    points = [f"{r['estimate'] * 100:+.2f} ({r['low'] * 100:+.2f} to {r['high'] * 100:+.2f}) pp" for r in rates]
    return [*points, f"{revenue['estimate']:+.1f} ({revenue['low']:+.1f} to {revenue['high']:+.1f})"]
