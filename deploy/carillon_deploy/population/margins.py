"""The shares that a synthetic operator follows: the reference tables' where they print any, ours where they don't.

Counts are those of a city of 12 million (unit 万 = 10,000); a smaller operator has the same shares. It draws nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Customers of greater Guangzhou, in 万 (SEG-01): what the tables' counts are counts of.
CITY_WAN = 1200.0
# The thresholds of the target grid: yuan of three months' average, tones in three months (SEG-73).
ARPU_BANDS = ((60.0, 130.0), (130.0, 200.0), (200.0, 1_500.0))
MEMBERSHIPS = ("PREMIUM", "ORDINARY", "NON_MEMBER")
# Rows are ARPU bands, columns membership x {0<n<3, n>=3}, in 万 (SEG-72, SEG-73).
MUSIC_GRID_WAN = ((5, 6, 11, 8, 84, 59), (1, 2, 2, 2, 18, 14), (1, 1, 1, 1, 10, 7))

BRANDS = {"GOTONE": 0.20, "MZONE": 0.30, "EASYOWN": 0.50}
"""No table prints the brands' shares: configuration."""

CITIES = (
    "guangzhou", "shenzhen", "zhuhai", "shantou", "foshan", "shaoguan", "zhanjiang", "zhaoqing", "jiangmen", "maoming",
    "huizhou", "meizhou", "shanwei", "heyuan", "yangjiang", "qingyuan", "dongguan", "zhongshan", "chaozhou", "jieyang",
    "yunfu",
)  # fmt: skip
DISTRICTS = (
    "dongqu", "xiqu", "nanqu", "beiqu", "zhongqu", "panyu", "huadu", "nansha", "conghua", "zengcheng",
)  # fmt: skip
BRANCHES = (*CITIES, *DISTRICTS)
"""31 branches; their names and sizes are configuration, but that halls are of their district."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """A key service hall and the customers of its catchment, in 万 (SEG-34, SEG-35)."""

    name: str
    branch: str
    customers_wan: float


PRINTED_HALLS = (
    Hall(branch="xiqu", name="宝岗大道南北广场", customers_wan=4.6),
    Hall(branch="beiqu", name="太和镇", customers_wan=3.1),
    Hall(branch="dongqu", name="天河南二路万佳店", customers_wan=10.2),
    Hall(branch="dongqu", name="广园东路", customers_wan=2.4),
    Hall(branch="zhongqu", name="北京路广百店中店", customers_wan=8.3),
    Hall(branch="zhongqu", name="中华广场动感厅", customers_wan=12.2),
    Hall(branch="panyu", name="洛溪营业厅", customers_wan=2.8),
    Hall(branch="conghua", name="建设路营业厅", customers_wan=3.3),
    Hall(branch="zengcheng", name="荔乡服务厅", customers_wan=1.7),
)
HALL_COUNT = 56
HALLS_WAN = 102.5
_UNPRINTED = HALL_COUNT - len(PRINTED_HALLS)
_UNPRINTED_WAN = (HALLS_WAN - sum(hall.customers_wan for hall in PRINTED_HALLS)) / _UNPRINTED
# The table prints 9 of 56 halls; the others share what is left of the printed total equally, under numbers.
HALLS = PRINTED_HALLS + tuple(
    Hall(
        branch=DISTRICTS[number % len(DISTRICTS)],
        name=f"{len(PRINTED_HALLS) + 1 + number}号厅",
        customers_wan=_UNPRINTED_WAN,
    )
    for number in range(_UNPRINTED)
)

FETION = {
    "UNREGISTERED": 0.57,
    "DEREGISTERED": 0.03,
    "CONTINUOUS_SILENT": 0.08,
    "SUB_SILENT": 0.07,
    "TRIAL_PROBLEM": 0.05,
    "ORDINARY": 0.05,
    "HABITUAL": 0.05,
    "LOYAL": 0.04,
    "UNCLASSIFIED_LOW": 0.04,
    "UNCLASSIFIED_LAPSED": 0.02,
}
"""Six Fetion classes, those outside them and the two gaps (SEG-40 to SEG-46); the shares are configuration."""


def edges(shares: "list[float] | tuple[float, ...]") -> NDArray[np.float64]:
    """The upper ends of shares laid one after the other from 0."""
    return np.cumsum(np.asarray(shares, dtype=np.float64))


def fetion_edges() -> NDArray[np.float64]:
    """The upper ends of the Fetion shares in their order."""
    return edges(list(FETION.values()))


def grid_cells() -> list[tuple[str, int, bool, float]]:
    """The 18 cells: membership, ARPU band, whether n >= 3, and its share of all customers."""
    return [
        (MEMBERSHIPS[column // 2], band, column % 2 == 1, wan / CITY_WAN)
        for band, row in enumerate(MUSIC_GRID_WAN)
        for column, wan in enumerate(row)
    ]
