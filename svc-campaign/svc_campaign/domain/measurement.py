"""What a campaign brought: rates and uplift against the hold-out with 95 % intervals, from counts and sums alone.

Differences of rates take Newcombe's hybrid score interval (1998, method 10). Wald's is simpler but covers far less
than 95 % where rates are near zero, as conversions are, and collapses to a point at zero conversions; Newcombe's keeps
its level there and never leaves [-1, 1]. Differences of mean revenue take Welch's interval: the arms' variances differ,
since revenue is mostly zeros.
"""

import math
from dataclasses import dataclass

from svc_campaign.domain.student import Z_95, t_quantile_95

# A variance needs two subscribers.
_FEWEST_FOR_VARIANCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A difference and its 95 % interval, in the unit of what is compared."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Sums over one arm's subscribers: who responded, who converted, revenue in fen and its squares."""

    subscribers: int
    responded: int
    converted: int
    revenue_fen: int
    revenue_fen_squared: int

    @property
    def response_rate(self) -> float:
        """Responded by subscribers; 0 for an empty arm."""
        return rate(self.responded, self.subscribers)

    @property
    def conversion_rate(self) -> float:
        """Converted by subscribers (A-26's success rate); 0 for an empty arm."""
        return rate(self.converted, self.subscribers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplift:
    """An arm against the hold-out; revenue is None while an arm has fewer than two subscribers."""

    response_rate: Interval
    conversion_rate: Interval
    revenue_fen_per_subscriber: Interval | None


def rate(hits: int, total: int) -> float:
    """Hits by total, and 0 of nothing."""
    return hits / total if total else 0.0


def measure_uplift(treated: Outcome, holdout: Outcome) -> Uplift | None:
    """Compares an arm with the hold-out; None while one of them has nobody to compare."""
    if not treated.subscribers or not holdout.subscribers:
        return None
    sizes = (treated.subscribers, holdout.subscribers)
    return Uplift(
        response_rate=difference_of_proportions(treated.responded, sizes[0], holdout.responded, sizes[1]),
        conversion_rate=difference_of_proportions(treated.converted, sizes[0], holdout.converted, sizes[1]),
        revenue_fen_per_subscriber=difference_of_means(treated, holdout),
    )


def difference_of_proportions(hits: int, total: int, other_hits: int, other_total: int) -> Interval:
    """hits/total - other_hits/other_total with Newcombe's hybrid score interval; both totals above zero."""
    share, low, high = _wilson(hits, total)
    other_share, other_low, other_high = _wilson(other_hits, other_total)
    estimate = share - other_share
    return Interval(
        estimate=estimate,
        low=max(-1.0, estimate - math.hypot(share - low, other_high - other_share)),
        high=min(1.0, estimate + math.hypot(high - share, other_share - other_low)),
    )


def difference_of_means(treated: Outcome, holdout: Outcome) -> Interval | None:
    """Mean revenue a subscriber, treated minus hold-out, with Welch's interval; None below two subscribers an arm."""
    if min(treated.subscribers, holdout.subscribers) < _FEWEST_FOR_VARIANCE:
        return None
    estimate = treated.revenue_fen / treated.subscribers - holdout.revenue_fen / holdout.subscribers
    shares = (_variance_of_mean(treated), _variance_of_mean(holdout))
    spread = sum(shares)
    if spread == 0:
        return Interval(estimate=estimate, low=estimate, high=estimate)
    # Each share is measured against the whole first, so that no square under- or overflows.
    weights = [share / spread for share in shares]
    sizes = (treated.subscribers, holdout.subscribers)
    degrees = 1 / sum(weight**2 / (size - 1) for weight, size in zip(weights, sizes, strict=True))
    margin = t_quantile_95(degrees) * math.sqrt(spread)
    return Interval(estimate=estimate, low=estimate - margin, high=estimate + margin)


def _wilson(hits: int, total: int) -> tuple[float, float, float]:
    """The share and Wilson's score interval around it."""
    share = hits / total
    centre = hits + Z_95**2 / 2
    margin = Z_95 * math.sqrt(hits * (1 - share) + Z_95**2 / 4)
    whole = total + Z_95**2
    return share, (centre - margin) / whole, (centre + margin) / whole


def _variance_of_mean(outcome: Outcome) -> float:
    """The squared standard error of the mean; the difference is taken in whole numbers, where nothing cancels."""
    size = outcome.subscribers
    return (size * outcome.revenue_fen_squared - outcome.revenue_fen**2) / (size * size * (size - 1))
