"""Writes counts, rates, money and times the way both languages read them; it must not round before it formats."""

from datetime import datetime, timedelta, timezone

FEN_PER_YUAN = 100
# China has one zone and no summer time, so the edge needs no zone database.
EDGE_ZONE = timezone(timedelta(hours=8), "UTC+8")
MINUS = "\N{MINUS SIGN}"


def write_count(count: int) -> str:
    """42694 as 42,694."""
    return f"{count:,}"


def write_percent(fraction: float) -> str:
    """0.182757 as 18.28 %: two decimals, since conversion rates are below one per cent."""
    return f"{fraction * 100:.2f} %"


def write_yuan(fen: float) -> str:
    """1390833 fen as ¥13,908.33."""
    return f"{'-' if fen < 0 else ''}¥{abs(fen) / FEN_PER_YUAN:,.2f}".replace("-", MINUS)


def write_difference(value: float, unit: str = "") -> str:
    """7.659 as +7.66, with its unit behind it; the sign always shows."""
    return f"{value:+,.2f}{unit}".replace("-", MINUS)


def write_time(at: datetime | None) -> str:
    """An aware time as 2026-11-21 20:00 (UTC+8); an em dash for none."""
    if at is None:
        return "\N{EM DASH}"
    return f"{at.astimezone(EDGE_ZONE):%Y-%m-%d %H:%M} (UTC+8)"
