"""How much one screen of each channel holds; must not know menus or sessions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.text.gsm7 import encode_gsm7

# Below this no page would have room for a line beside its keys.
SMALLEST_SCREEN: Final = 60
_UNIT_OCTETS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenLimit:
    """``septets`` for a text that GSM 03.38 can hold, ``units`` (UTF-16) for any other; ``options`` a page."""

    septets: int
    units: int
    options: int

    def __post_init__(self) -> None:
        if min(self.septets, self.units) < SMALLEST_SCREEN or self.options < 1:
            raise InvalidInput(
                reason="SCREEN_TOO_SMALL",
                field="limit",
                detail=f"a screen holds at least {SMALLEST_SCREEN} characters and one option",
            )

    def fits(self, text: str) -> bool:
        """Whether one screen holds the text."""
        septets = encode_gsm7(text)
        if septets is not None:
            return sum(map(len, septets)) <= self.septets
        return len(text.encode("utf-16-be", "surrogatepass")) <= self.units * _UNIT_OCTETS


# A USSD string is 182 characters of GSM 03.38 or 91 of UCS2; more than nine choices nobody keeps in mind while
# listening; what a robot or a hotline's operator reads is a chat window. An SMS page is what one part holds.
LIMITS: Final[Mapping[str, ScreenLimit]] = {
    "ussd": ScreenLimit(septets=182, units=91, options=20),
    "ivr": ScreenLimit(septets=400, units=200, options=9),
    "hotline": ScreenLimit(septets=400, units=200, options=9),
    "robot": ScreenLimit(septets=1000, units=500, options=40),
    "sms": ScreenLimit(septets=160, units=70, options=20),
    "wap": ScreenLimit(septets=1000, units=500, options=40),
}


def limit_of(channel: str) -> ScreenLimit:
    """The channel's limit. Raises InvalidInput CHANNEL_UNKNOWN."""
    if channel not in LIMITS:
        raise InvalidInput(
            reason="CHANNEL_UNKNOWN", field="channel", detail=f"sessions run over {', '.join(sorted(LIMITS))}"
        )
    return LIMITS[channel]
