"""How long a line rests before it is opened again; draws no random numbers and keeps no clock."""

# An SMSC that comes back should not wait longer for its traffic.
LONGEST_PAUSE_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.2
# A line that stood for so long was sound: what ended it is no reason to wait before the first try.
SOUND_AFTER_SECONDS = 2.0
# Beyond this the pause no longer grows, and the power must not overflow.
_LONGEST_EXPONENT = 10
# Half of the pause is drawn, so that lines cut off together don't come back together.
_FIXED_SHARE = 0.5


def pause_after(failures: int, *, drawn: float) -> float:
    """Seconds to rest after so many failures in a row, 0 after none; ``drawn`` is uniform in [0, 1)."""
    if failures <= 0:
        return 0.0
    full = min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, _LONGEST_EXPONENT), LONGEST_PAUSE_SECONDS)
    return full * (_FIXED_SHARE + (1 - _FIXED_SHARE) * drawn)
