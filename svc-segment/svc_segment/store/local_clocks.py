"""Says what local clocks show at many moments at once; it must not know what happened then."""

import numpy as np
from numpy.typing import NDArray

from svc_segment.domain.rules.history import LocalTime


def local_us(at_us: NDArray[np.int64], clocks: LocalTime) -> NDArray[np.int64]:
    """Moments, in microseconds since 1970 (UTC), as microseconds of the local calendar; the twin of ``LocalTime.day``."""
    if len(clocks.ahead) == 1:
        return at_us + clocks.ahead[0]
    since, ahead = np.array(clocks.since, np.int64), np.array(clocks.ahead, np.int64)
    return at_us + ahead[np.maximum(np.searchsorted(since, at_us, side="right") - 1, 0)]
