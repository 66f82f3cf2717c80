"""Says what to say to a customer at a touch point (CHN-03, CHN-04, CHN-17, CHN-18, CHN-38); must not change anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from carillon_chassis.database import Database
from carillon_chassis.errors import InvalidInput, NotFound
from svc_channel.app.script_book import Entry, read_book
from svc_channel.domain.forbidden_words import ForbiddenWords
from svc_channel.domain.scripts.script import NOBODY, Profile, Script, read_saying, write_value
from svc_channel.domain.scripts.speech import (
    Matched,
    Offer,
    ServiceCard,
    Speech,
    choose_script,
    fill_saying,
    rank_matched,
    speaks_of_services,
)
from svc_channel.domain.sessions.menu import Language
from svc_channel.domain.template import Template
from svc_channel.store.forbidden_words import fetch_forbidden_words


class Customers(Protocol):
    """What svc-segment knows of a customer; raises Unavailable while it is away."""

    async def profile(self, subscriber_id: int) -> Profile:
        """Attributes and segments; nothing of whom nobody knows."""
        ...

    async def matched(self, subscriber_id: int) -> Sequence[Matched]:
        """What the newest match recommends; nothing before the first."""
        ...


class Catalogue(Protocol):
    """What svc-catalog knows; raises Unavailable while it is away."""

    async def name_touchpoint(self, named: str, *, field: str) -> str:
        """The code of a touch point. Raises NotFound TOUCHPOINT_UNKNOWN."""
        ...

    async def card(self, service: str, language: Language) -> ServiceCard | None:
        """A service's name and prices; None for one that the catalogue does not have."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Where, when, in which language and to whom, 0 for nobody in particular; ``touchpoint`` as the caller spells it."""

    touchpoint: str
    situation: str
    language: Language
    subscriber_id: int


class SpeakScript:
    """Speaks for one customer at a time."""

    def __init__(
        self, database: Database, *, shipped: Sequence[Script], customers: Customers, catalogue: Catalogue
    ) -> None:
        self._database = database
        self._shipped = shipped
        self._customers = customers
        self._catalogue = catalogue

    async def __call__(self, occasion: Occasion) -> Speech:
        """What to say. Nothing where no script is for this customer.

        Raises NotFound TOUCHPOINT_UNKNOWN and SCRIPT_UNKNOWN, InvalidInput SUBSCRIBER_MISSING, SCRIPT_UNFILLED and
        FORBIDDEN_WORD, Unavailable.
        """
        touchpoint = await self._catalogue.name_touchpoint(occasion.touchpoint, field="touchpoint")
        entries, words = await self._read(touchpoint, occasion)
        known = await self._customers.profile(occasion.subscriber_id) if occasion.subscriber_id else NOBODY
        script = choose_script([entry.script for entry in entries], known)
        if script is None:
            names = [name for entry in entries for name in entry.script.shows]
            return Speech(touchpoint=touchpoint, shown=_shown(names, known))
        shown = _shown(script.shows, known)
        template = read_saying(next(entry.text for entry in entries if entry.script is script))
        if not speaks_of_services(template):
            text = template.fill({})
            words.check(text, field="script")
            return Speech(touchpoint=touchpoint, script=script, text=text, shown=shown)
        offers = await self._offers(template, touchpoint, occasion)
        for offer in offers:
            words.check(offer.text, field="script")
        return Speech(touchpoint=touchpoint, script=script, offers=tuple(offers), shown=shown)

    async def _read(self, touchpoint: str, occasion: Occasion) -> tuple[list[Entry], ForbiddenWords]:
        async with self._database.read() as unit:
            book = await read_book(unit, self._shipped)
            words = ForbiddenWords(await fetch_forbidden_words(unit))
        here = [entry for entry in book if entry.script.is_said(touchpoint, occasion.situation, occasion.language)]
        if not here:
            raise NotFound(
                reason="SCRIPT_UNKNOWN",
                field="situation",
                detail=f"there is no script for {occasion.situation!r} at {touchpoint}; GET /api/v1/script-library lists them",
            )
        return here, words

    async def _offers(self, template: Template, touchpoint: str, occasion: Occasion) -> list[Offer]:
        if not occasion.subscriber_id:
            raise InvalidInput(
                reason="SUBSCRIBER_MISSING",
                field="msisdn",
                detail="this script speaks of a customer's services: say whose",
            )
        matched = await self._customers.matched(occasion.subscriber_id)
        cards = {one.service: await self._catalogue.card(one.service, occasion.language) for one in matched}
        sold = [one for one in matched if cards[one.service] is not None]
        return [
            Offer(
                matched=one,
                card=card,
                advantage=touchpoint in one.channels,
                text=fill_saying(template, card, occasion.language),
            )
            for one in rank_matched(sold, touchpoint)
            if (card := cards[one.service]) is not None
        ]


def _shown(names: Sequence[str], known: Profile) -> Mapping[str, str | None]:
    values = {name: known.attributes.get(name) for name in names}
    return {name: None if value is None else write_value(value) for name, value in values.items()}
