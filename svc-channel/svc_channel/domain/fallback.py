"""The chain of channels that a message may fall down: which may follow which, and when the next is due; sends nothing."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from carillon_chassis.errors import InvalidInput
from svc_channel.domain.doubt import UNKNOWN_FATE
from svc_channel.domain.submission import NO_PEER_ID

# What may follow what: always to the plainer, so that a chain ends and nothing comes twice by one way.
FOLLOWERS: Final[Mapping[str, frozenset[str]]] = {
    "mms": frozenset({"wap_push", "sms"}),
    "wap_push": frozenset({"sms"}),
    "ussd": frozenset({"sms"}),
    "sms": frozenset(),
}
# What no other way of the same message cures: the person, the time or the words are the cause.
INCURABLE: Final = frozenset(
    {"OPTED_OUT", "LIFE_ENDED", "NO_NUMBER", "TEXT_EMPTY", "TEXT_TOO_LONG", "TEXT_UNSENDABLE", "FORBIDDEN_WORD"}
)
# It may have arrived, or was accepted under no name: another way would bring it twice on a guess.
UNKNOWN_FATES: Final = frozenset({UNKNOWN_FATE, NO_PEER_ID})
NO_ANSWER: Final = "NO_ANSWER_"
"""How a reason begins where no answer came; what broke follows."""
# The handset can't show it, so that way was not even tried.
INCAPABLE: Final = "HANDSET_INCAPABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way to say it, ready to go: the text, or the content of a channel that needs more than text (JSON)."""

    channel: str
    text: str
    parts: int
    route: str
    content: bytes | None = None


def check_chain(channels: Sequence[str]) -> None:
    """Raises InvalidInput CHAIN_INVALID unless each channel may follow the one before it."""
    for before, after in pairwise(channels):
        if after not in FOLLOWERS.get(before, frozenset()):
            may = ", ".join(sorted(FOLLOWERS.get(before, frozenset()))) or "nothing"
            raise InvalidInput(
                reason="CHAIN_INVALID", field="fallback", detail=f"after {before} may follow {may}, not {after}"
            )


def falls(*, reason: str, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a message that failed for ``reason`` goes on to its next alternative, if it has one."""
    if reason in INCURABLE | UNKNOWN_FATES or reason.startswith(NO_ANSWER):
        return False
    return expires_at is None or now < expires_at


def first_fit(channels: Sequence[str], incapable: Collection[str]) -> int:
    """The index of the first channel that the handset can show, len(channels) when there is none.

    ``incapable`` are the channels that it surely can't show; a handset that nobody knows is tried. A plain text every
    handset shows, so a chain that ends in one always fits.
    """
    return next((index for index, one in enumerate(channels) if one == "sms" or one not in incapable), len(channels))


def write_fallback(alternatives: Sequence[Alternative]) -> str | None:
    """What may still follow, as it is kept; None for nothing."""
    if not alternatives:
        return None
    return json.dumps(
        [
            {
                "channel": one.channel,
                "text": one.text,
                "parts": one.parts,
                "route": one.route,
                "content": one.content.decode() if one.content is not None else None,
            }
            for one in alternatives
        ],
        ensure_ascii=False,
    )


def read_fallback(kept: str | None) -> list[Alternative]:
    """What may still follow, in its order."""
    return [
        Alternative(**{**one, "content": one["content"].encode() if one["content"] is not None else None})
        for one in json.loads(kept or "[]")
    ]
