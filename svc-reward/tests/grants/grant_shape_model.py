"""What counting shapes come to, said another way and slowly; the tests hold the shapes equal to it."""

from collections.abc import Sequence
from datetime import timedelta, tzinfo

from svc_reward.domain.activity import Deed


def streaks(deeds: Sequence[Deed], length: int, zone: tzinfo) -> int:
    """Walks the calendar day by day and counts each full streak."""
    days = {deed.at.astimezone(zone).date() for deed in deeds}
    if not days:
        return 0
    day, run, full = min(days), 0, 0
    while day <= max(days):
        run = run + 1 if day in days else 0
        if run == length:
            run, full = 0, full + 1
        day += timedelta(days=1)
    return full


def send_some_get_some(quantity: int, tiers: Sequence[tuple[int, int, int]]) -> int:
    """Of tiers (from, per, shares) the best; counted piece by piece."""
    best = 0
    for start, per, shares in tiers:
        if quantity >= start:
            got, left = 0, quantity
            while left >= per:
                got, left = got + shares, left - per
            best = max(best, got)
    return best
