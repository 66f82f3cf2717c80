"""Months of usage that agree with the attributes: three months' average and downloads, Fetion's active days."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from carillon_deploy.population.blocks import BLOCK_ROWS
from carillon_deploy.population.columns import Column, Make, skewed
from carillon_deploy.population.people import People

# The months that the attributes speak of: M, M-1 and M-2.
REPORTED_MONTHS = 3


def measures(months_back: int) -> tuple[Column, ...]:
    """The columns of the usage file of a month, 0 for the reported one."""

    def own(make: Make) -> Make:
        return lambda people, name: make(people, f"{name}.{months_back}")

    plain = {"voice_minutes": ("minutes", 210, 9_000), "calls": ("", 90, 4_000), "sms_sent": ("", 60, 5_000)}
    return (
        Column(
            name="spend_fen", type="integer", unit="fen", description="Spent in the month", make=_spend(months_back)
        ),
        *(
            Column(name=name, type="integer", unit=unit, description=name, make=own(skewed(mean, most)))
            for name, (unit, mean, most) in plain.items()
        ),
        Column(name="gprs_mb", type="number", unit="MB", description="Data in the month", make=own(_megabytes)),
        Column(
            name="crbt_downloads", type="integer", description="Tones downloaded in the month", make=_tones(months_back)
        ),
        Column(
            name="fetion_active_days",
            type="integer",
            unit="days",
            description="Days active on Fetion, by client or message",
            make=_fetion_days(months_back),
        ),
    )


def _spend(months_back: int) -> Make:
    """Three months' fen sum to three times the average; earlier months stray around it."""

    def make(people: People, name: str) -> pa.Array:
        fen = np.rint(people.arpu * 100).astype(np.int64)
        if months_back >= REPORTED_MONTHS:
            return pa.array((fen * (0.7 + 0.6 * people.block.uniform(f"{name}.{months_back}"))).astype(np.int64))
        return pa.array(_part(people, name, fen * REPORTED_MONTHS, months_back))

    return make


def _part(people: People, name: str, total: NDArray[np.int64], months_back: int) -> NDArray[np.int64]:
    """One of three parts that sum to the total."""
    first = (total * (0.23 + 0.2 * people.block.uniform(f"{name}.first"))).astype(np.int64)
    second = (total * (0.23 + 0.2 * people.block.uniform(f"{name}.second"))).astype(np.int64)
    return (total - first - second, first, second)[months_back]


def _tones(months_back: int) -> Make:
    def make(people: People, name: str) -> pa.Array:
        drawn = people.block.draws(f"{name}.{months_back}").binomial(3, 0.1, BLOCK_ROWS)[: people.block.rows]
        if months_back >= REPORTED_MONTHS:
            return pa.array(drawn.astype(np.int32))
        return pa.array(_part(people, name, people.downloads.astype(np.int64), months_back).astype(np.int32))

    return make


def _megabytes(people: People, name: str) -> pa.Array:
    return pa.array(np.floor(-np.log1p(-people.block.uniform(name)) * 2_500) / 100)


def _fetion_days(months_back: int) -> Make:
    def make(people: People, name: str) -> pa.Array:
        fetion = people.fetion
        if months_back == 0:
            return pa.array(np.maximum(fetion.client_days, fetion.sms_active.astype(np.int16)))
        known = {1: fetion.active_days_m1, 2: fetion.active_days_m2}.get(months_back)
        if known is not None:
            return pa.array(known)
        drawn = people.block.draws(f"{name}.{months_back}").binomial(31, 0.2, BLOCK_ROWS)[: people.block.rows]
        return pa.array(np.where(fetion.ever_active, drawn, 0).astype(np.int16))

    return make
