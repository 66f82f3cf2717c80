"""Quantiles of the normal and of Student's t distribution, which the standard library leaves half done; measures nothing itself."""

import math
from statistics import NormalDist

# Two-sided 95 %, the only level that the reports use.
TAIL = 0.05
Z_95 = NormalDist().inv_cdf(1 - TAIL / 2)
# From here on the expansion around the normal quantile is right to better than 1e-9.
_EXPANSION_FROM = 1_000.0
# No t quantile of 95 % is larger: one degree of freedom has 12.7062.
_LARGEST = 13.0
# Halvings of [0, 13] down to the last bit of a double.
_HALVINGS = 60
# The continued fraction needs about the square root of its larger parameter; this is ten times that.
_FRACTION_TERMS = 300
_TINY = 1e-300


def t_quantile_95(degrees: float) -> float:
    """The t that leaves 5 % outside [-t, t], for at least one degree of freedom (which need not be whole)."""
    if degrees >= _EXPANSION_FROM:
        first = (Z_95**3 + Z_95) / 4
        second = (5 * Z_95**5 + 16 * Z_95**3 + 3 * Z_95) / 96
        return Z_95 + first / degrees + second / degrees**2
    low, high = 0.0, _LARGEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        outside = _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + middle * middle))
        low, high = (middle, high) if outside > TAIL else (low, middle)
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by the continued fraction on the side where it converges fast."""
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x),
    )
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """Lentz's evaluation of the continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _FRACTION_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            value *= c * d
        if c * d == 1:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
