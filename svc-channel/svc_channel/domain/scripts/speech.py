"""What is said to one customer: which script, of which services, in which order; must not ask anybody for any of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from svc_channel.domain.membership import MemberTier
from svc_channel.domain.scripts.script import PRICES, SERVICE, Profile, Script
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.sessions.words import say, say_prices
from svc_channel.domain.template import Template

# On whichever channel somebody appears, one to three services are recommended (CHN-03).
OFFERS_LIMIT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A service that the newest match recommends, and why; ``channels`` are the advantage channels of its rule."""

    service: str
    place: int
    rule: str
    layer: int
    principle: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCard:
    """A service's name in the language spoken, and its three prices in fen, None while not priced (A-24)."""

    name: str
    prices: Mapping[MemberTier, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A recommendation as it is said; ``advantage`` says that this touch point is the rule's advantage channel."""

    matched: Matched
    card: ServiceCard
    advantage: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What to say: no script where none is for this customer; a text, or a text an offer; what is shown beside it."""

    touchpoint: str
    shown: Mapping[str, str | None]
    script: Script | None = None
    text: str = ""
    offers: tuple[Offer, ...] = ()


def choose_script(scripts: Iterable[Script], profile: Profile) -> Script | None:
    """The one to say, of those for a situation: the lowest rank that is for the customer, an own audience first.

    So the target customers get the focused recommendation and the rest the leaflet (CHN-38).
    """
    fitting = [script for script in scripts if script.is_for(profile)]
    return min(fitting, key=lambda one: (one.rank, not one.audience, one.code), default=None)


def rank_matched(matched: Iterable[Matched], touchpoint: str) -> Sequence[Matched]:
    """At most three, those first of which this touch point is an advantage channel (CHN-03, CHN-04)."""
    ordered = sorted(matched, key=lambda one: (touchpoint not in one.channels, one.place))
    return ordered[:OFFERS_LIMIT]


def speaks_of_services(template: Template) -> bool:
    """Whether it is said for each service."""
    return any(placeholder.name in {SERVICE, PRICES} for placeholder in template.placeholders)


def fill_saying(template: Template, card: ServiceCard, language: Language) -> str:
    """The text for one service."""
    known = {SERVICE: card.name, PRICES: write_prices(card, language)}
    return template.fill({one.name: known[one.name] for one in template.placeholders})


def write_prices(card: ServiceCard, language: Language) -> str:
    """The three prices together: premium, ordinary and no member (CHN-33), in the words of quotations."""
    return say(language, "prices", **say_prices(language, card.prices))
