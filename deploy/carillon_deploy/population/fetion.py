"""Makes Fetion months whose figures fall into the class a subscriber was given; it must not classify anybody.

Classes are as reference/fetion_classes resolves them: the first that matches, gaps apart (SEG-40 to SEG-46).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from carillon_deploy.population.blocks import BLOCK_ROWS, Block
from carillon_deploy.population.margins import FETION

CODES = {name: code for code, name in enumerate(FETION)}
# A month has 31 days, loyal ones are active on 19 of them, habitual ones on 11 to 18, ordinary ones on 6 to 10.
MOST_DAYS, LOYAL_FROM, HABITUAL_FROM, ORDINARY_FROM = 31, 19, 11, 6
MOST_FRIENDS, MOST_MESSAGES = 80, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class FetionMonths:
    """The figures of the reported month M and the active days of the two before; int16 and boolean arrays."""

    client_days: NDArray[np.int16]
    sms_active: NDArray[np.bool_]
    friends: NDArray[np.int16]
    volume: NDArray[np.int16]
    client_volume: NDArray[np.int16]
    active_days_m1: NDArray[np.int16]
    active_days_m2: NDArray[np.int16]
    ever_active: NDArray[np.bool_]
    registered: NDArray[np.bool_]
    deregistered: NDArray[np.bool_]


@dataclass(slots=True)
class _Draft:
    block: Block
    codes: NDArray[np.int8]
    days: NDArray[np.int16] = field(init=False)

    def __post_init__(self) -> None:
        self.days = np.zeros(self.block.rows, np.int16)

    def is_(self, *names: str) -> NDArray[np.bool_]:
        return np.isin(self.codes, [CODES[name] for name in names])

    def whole(self, purpose: str, low: int, high: int) -> NDArray[np.int16]:
        """Whole numbers from ``low`` to ``high``, both included."""
        drawn = self.block.draws(f"fetion.{purpose}").integers(low, high + 1, BLOCK_ROWS, np.int16)
        return drawn[: self.block.rows]

    def coin(self, purpose: str) -> NDArray[np.bool_]:
        return self.block.uniform(f"fetion.{purpose}") < 0.5  # noqa: PLR2004 -- heads


def make_fetion(block: Block, codes: NDArray[np.int8]) -> FetionMonths:
    """The months of a block whose subscribers have these classes (codes by the order of FETION)."""
    draft = _Draft(block, codes)
    sub, trial, habitual = draft.is_("SUB_SILENT"), draft.is_("TRIAL_PROBLEM"), draft.is_("HABITUAL")
    by_sms, lone_message, was_busy = draft.coin("by_sms"), draft.coin("lone"), draft.coin("was_busy")
    days = draft.days
    bands = (
        (draft.is_("LOYAL"), LOYAL_FROM, MOST_DAYS),
        (habitual & ~was_busy, HABITUAL_FROM, LOYAL_FROM - 1),
        (draft.is_("ORDINARY"), ORDINARY_FROM, HABITUAL_FROM - 1),
        (draft.is_("UNCLASSIFIED_LOW"), 1, ORDINARY_FROM - 1),
        (trial, 1, MOST_DAYS),
    )
    for number, (chosen, low, high) in enumerate(bands):
        days = np.where(chosen, draft.whole(f"days{number}", low, high), days)
    lone = trial & lone_message
    days = np.where(lone, np.int16(1), days)
    active = days > 0
    volume = np.where(active, draft.whole("volume", 2, MOST_MESSAGES), np.int16(0))
    client_volume = np.where(active, np.maximum(volume // 2, np.int16(2)), np.int16(0))
    client_volume = np.where(lone, np.int16(1), client_volume)
    registered = ~draft.is_("UNREGISTERED")
    friends = np.where(registered, draft.whole("friends", 1, MOST_FRIENDS), np.int16(0))
    # The other half of class 3: any day count with no friend at all.
    friends = np.where((trial & ~lone_message) | draft.is_("CONTINUOUS_SILENT"), np.int16(0), friends)
    earlier = [
        _earlier(draft, purpose, sub & ~by_sms, habitual & was_busy, active | (sub & by_sms)) for purpose in "12"
    ]
    return FetionMonths(
        client_days=days,
        sms_active=(sub & by_sms) | (active & draft.coin("sms")),
        friends=friends,
        volume=np.where(sub & by_sms, np.int16(3), volume),
        client_volume=client_volume,
        active_days_m1=earlier[0],
        active_days_m2=earlier[1],
        ever_active=registered & ~draft.is_("CONTINUOUS_SILENT"),
        registered=registered,
        deregistered=draft.is_("DEREGISTERED"),
    )


def _earlier(
    draft: _Draft, month: str, was_light: NDArray[np.bool_], was_heavy: NDArray[np.bool_], any_: NDArray[np.bool_]
) -> NDArray[np.int16]:
    """Active days of an earlier month: under 19, at least 19, or any, and none for everybody else."""
    days = np.where(any_, draft.whole(f"any{month}", 0, MOST_DAYS), np.int16(0))
    days = np.where(was_light, draft.whole(f"light{month}", 1, LOYAL_FROM - 1), days)
    return np.where(was_heavy, draft.whole(f"heavy{month}", LOYAL_FROM, MOST_DAYS), days)
