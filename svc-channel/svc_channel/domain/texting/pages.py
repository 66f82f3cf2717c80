"""Cuts an answer into texts that each cost so many short messages at most; sends none."""

from typing import Final

from svc_channel.domain.robots.commands import normalise
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.text.segmentation import count_segments

# Some two hundred characters of Chinese: what somebody reads at the counter; who wants more asks for it.
PAGE_PARTS: Final = 3
# What asks for the next page.
MORE_WORDS: Final = frozenset({"更多", "下页", "下一页", "more", "m"})
FOOT: Final = {Language.ZH: "\n(回复“更多”继续)", Language.EN: "\n(Reply MORE to go on)"}
# A cut looks back so far for the end of a line or a sentence.
LOOK_BACK: Final = 60
ENDS: Final = ("\n", "\u3002", "\uff1b", ". ", ";")


def asks_for_more(text: str) -> bool:
    """Whether the text asks for the next page."""
    return normalise(text) in MORE_WORDS


def cut_page(text: str, language: Language) -> tuple[str, str]:
    """The first page, with how to go on where there is more, and what is left."""
    if count_segments(text) <= PAGE_PARTS:
        return text, ""
    foot = FOOT[language]
    # How much fits grows with the text, but for the change of alphabet, which only takes room away.
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if count_segments(text[:middle] + foot) <= PAGE_PARTS:
            low = middle
        else:
            high = middle - 1
    cut = _end_of_sentence(text, low)
    return text[:cut].rstrip() + foot, text[cut:].lstrip()


def _end_of_sentence(text: str, most: int) -> int:
    """Where to cut at ``most``, or a little before it."""
    start = max(1, most - LOOK_BACK)
    for end in ENDS:
        found = text.rfind(end, start, most)
        if found >= 0:
            return found + len(end)
    return most
