"""Which of the two languages the console speaks to a browser; it must not hold the words."""

from enum import StrEnum


class Language(StrEnum):
    """The console's languages, by BCP 47 tag as Quasar and HTML want it."""

    CHINESE = "zh-CN"
    ENGLISH = "en-US"


def parse_language(tag: str) -> Language | None:
    """The language a tag such as `zh-Hans` or `en` asks for; None for any other."""
    primary = tag.strip().lower().partition("-")[0]
    return {"zh": Language.CHINESE, "en": Language.ENGLISH}.get(primary)


def choose_language(accept_language: str) -> Language:
    """The first of the two that an Accept-Language header prefers; English when it names neither."""
    wishes: list[tuple[float, Language]] = []
    for entry in accept_language.split(","):
        tag, _, parameters = entry.partition(";")
        language = parse_language(tag)
        if language is not None:
            wishes.append((_quality(parameters), language))
    wishes.sort(key=lambda wish: -wish[0])
    return wishes[0][1] if wishes and wishes[0][0] > 0 else Language.ENGLISH


def _quality(parameters: str) -> float:
    """The q of `q=0.8`; 1 when absent, 0 when unreadable."""
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
