"""How fast to submit: halves when the SMSC throttles, comes back slowly, and knows that 0 means no limit; keeps no clock."""

from dataclasses import dataclass, replace

from carillon_chassis.errors import InvalidInput

# Below this the queue would seem to stand still; one message a second also finds out when the SMSC recovers.
SLOWEST_PER_SECOND = 1.0
# A window full of 0x58 is one refusal, not a hundred.
HALVING_PAUSE_SECONDS = 1.0
# Restores a halved rate in about eight clean seconds.
RESTORE_FACTOR_PER_SECOND = 1.1
# Without a limit of its own, a pace this high no longer holds anything back.
UNLIMITED_FROM_PER_SECOND = 20_000.0
# What one burst may send ahead of the rate.
BURST_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The rate in force; ``rate_per_second`` is None where nothing holds the sender back.

    Times are seconds of one monotonic clock. Raises InvalidInput (RATE_LIMIT_NEGATIVE).
    """

    limit_per_second: float
    rate_per_second: float | None
    changed_at: float
    credit: float = 0.0
    credited_at: float = 0.0

    def __post_init__(self) -> None:
        if self.limit_per_second < 0:
            raise InvalidInput(
                reason="RATE_LIMIT_NEGATIVE",
                field="rate_limit_per_second",
                detail="the rate limit is a number of messages a second, or 0 for no limit",
            )


def start_pace(limit_per_second: float, *, now: float) -> Pace:
    """The pace a sender starts with; a limit of 0 means none."""
    rate = float(limit_per_second) if limit_per_second else None
    return Pace(limit_per_second=limit_per_second, rate_per_second=rate, changed_at=now, credit=1.0, credited_at=now)


def limited(pace: Pace, limit_per_second: float, *, now: float) -> Pace:
    """The pace under another limit that is none of 0; who was slowed down below it stays so."""
    pace, _ = spend(pace, count=0, now=now)
    rate = pace.rate_per_second
    if rate is None or rate == float(pace.limit_per_second) or rate > limit_per_second:
        rate = limit_per_second
    credit = min(pace.credit, max(rate * BURST_SECONDS, 1.0))
    return replace(pace, limit_per_second=limit_per_second, rate_per_second=rate, changed_at=now, credit=credit)


def throttled(pace: Pace, *, observed_per_second: float, now: float) -> Pace:
    """The pace after a 0x58 or 0x14; without a rate in force, half of what was really sent in the last second."""
    if pace.rate_per_second is not None and now - pace.changed_at < HALVING_PAUSE_SECONDS:
        return pace
    rate = observed_per_second if pace.rate_per_second is None else pace.rate_per_second
    return replace(
        pace,
        rate_per_second=max(rate / 2, SLOWEST_PER_SECOND),
        changed_at=now,
        credit=min(pace.credit, 0.0),
        credited_at=now,
    )


def restored(pace: Pace, *, now: float) -> Pace:
    """The pace after the time since its last change passed without a refusal; never above the limit."""
    rate, elapsed = pace.rate_per_second, now - pace.changed_at
    if rate is None or rate == float(pace.limit_per_second) or elapsed < HALVING_PAUSE_SECONDS:
        return pace
    # Capped before the power, so that an idle night can't overflow it.
    higher = rate * RESTORE_FACTOR_PER_SECOND ** min(elapsed, 120.0)
    if pace.limit_per_second:
        return replace(pace, rate_per_second=min(higher, float(pace.limit_per_second)), changed_at=now)
    return replace(pace, rate_per_second=higher if higher < UNLIMITED_FROM_PER_SECOND else None, changed_at=now)


def spend(pace: Pace, *, count: int, now: float) -> tuple[Pace, float]:
    """Takes ``count`` messages from the rate's credit; answers the pace and the seconds to wait before sending them."""
    rate = pace.rate_per_second
    if rate is None:
        return pace, 0.0
    ceiling = max(rate * BURST_SECONDS, 1.0)
    credit = min(pace.credit + (now - pace.credited_at) * rate, ceiling) - count
    return replace(pace, credit=credit, credited_at=now), max(-credit / rate, 0.0)
