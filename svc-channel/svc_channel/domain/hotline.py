"""The tone hotline's directories and the calls that play a tone to somebody; dials nobody."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from carillon_chassis.errors import InvalidInput

# The one access number of the hotline (CHN-41); a call costs nothing (CHN-11).
HOTLINE: Final = "12530019"
# A provincial and a branch directory of ten tones each: what a caller keeps in mind while listening.
TONES_LIMIT: Final = 10
# Channels in which somebody listens, and hangs up.
SPOKEN: Final = frozenset({"ivr", "hotline"})
SHORT_CODE: Final = re.compile(r"[0-9]{1,8}")
TONE: Final = re.compile(r"[A-Za-z0-9]{1,20}")
TITLE_LENGTH: Final = 60
# The pauses between tries to hand a call over; after the last one it is given up: nobody waits for a tone so long.
RETRY_PAUSES: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """One entry: the short code that callers key, the tone's code and what is said of it."""

    short_code: str
    tone: str
    title: str

    def __post_init__(self) -> None:
        if not SHORT_CODE.fullmatch(self.short_code) or not TONE.fullmatch(self.tone):
            raise _refused("short_code", "a short code is 1 to 8 digits, a tone code 1 to 20 letters and digits")
        if not self.title.strip() or len(self.title) > TITLE_LENGTH:
            raise _refused("title", f"a title is 1 to {TITLE_LENGTH} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The tones of a branch, or of the province where ``branch`` is empty, in the order they are announced."""

    branch: str
    tones: tuple[Tone, ...]

    def __post_init__(self) -> None:
        codes = [tone.short_code for tone in self.tones]
        if len(codes) > TONES_LIMIT or len(set(codes)) < len(codes):
            raise _refused("tones", f"at most {TONES_LIMIT} tones, each short code once")


def merge_directories(directories: Iterable[Directory]) -> list[Tone]:
    """What a caller of a branch hears: the branch's tones, then the province's whose codes the branch does not use."""
    merged: dict[str, Tone] = {}
    for directory in sorted(directories, key=lambda one: not one.branch):
        for tone in directory.tones:
            merged.setdefault(tone.short_code, tone)
    return list(merged.values())


class OutCallState(StrEnum):
    """How far a call is."""

    PENDING = "pending"
    PLACED = "placed"
    """The out-call system has it."""
    REFUSED = "refused"
    """It does not take it, or could not be reached for long; nobody is called."""


def _refused(field: str, detail: str) -> InvalidInput:
    return InvalidInput(reason="DIRECTORY_INVALID", field=field, detail=detail)
